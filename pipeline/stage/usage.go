package stage

// Usage is what this process has used since it started. Numbers are 0 where the system does not tell.
type Usage struct {
	Processor float64 // seconds of all cores together
	Peak      float64 // bytes of memory, the most that was resident
}

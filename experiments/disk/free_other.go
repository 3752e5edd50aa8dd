//go:build !linux && !darwin && !freebsd

package disk

// Free returns false, as what is free is unknown on this operating system.
func Free(string) (float64, bool) { return 0, false }

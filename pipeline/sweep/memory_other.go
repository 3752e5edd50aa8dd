//go:build !linux

package sweep

// machineMemory returns the bytes of memory of this machine, including swap, or 0 if unknown.
func machineMemory() float64 { return 0 }

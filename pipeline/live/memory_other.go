//go:build !linux

package live

import "flowsweep/pipeline/stage"

// resident returns the most bytes of memory that this process has had: what it has now is not told here.
func resident(u stage.Usage) int64 { return int64(u.Peak) }

// MachineMemory returns the bytes of memory of this machine, including swap, or 0 if unknown.
func MachineMemory() float64 { return 0 }

package live

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"flowsweep/pipeline/stage"
)

// resident returns the bytes of memory that this process has now.
func resident(u stage.Usage) int64 {
	var size, pages int64
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return int64(u.Peak)
	}
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		return int64(u.Peak)
	}
	return pages * int64(os.Getpagesize())
}

// MachineMemory returns the bytes of memory of this machine, including swap, or 0 if unknown.
func MachineMemory() float64 {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0
	}
	return (float64(info.Totalram) + float64(info.Totalswap)) * float64(info.Unit)
}

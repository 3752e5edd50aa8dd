package sweep

import "golang.org/x/sys/unix"

// machineMemory returns the bytes of memory of this machine, including swap, or 0 if unknown.
func machineMemory() float64 {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0
	}
	return (float64(info.Totalram) + float64(info.Totalswap)) * float64(info.Unit)
}

//go:build unix

package stage

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// ReadUsage asks the system.
func ReadUsage() Usage {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return Usage{}
	}
	peak := float64(u.Maxrss)
	if runtime.GOOS != "darwin" && runtime.GOOS != "ios" { // there in bytes, elsewhere in kilobytes
		peak *= 1024
	}
	return Usage{Processor: float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9, Peak: peak}
}

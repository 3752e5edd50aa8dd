//go:build unix

package stage

import (
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// ReadUsage asks the system.
func ReadUsage() Usage {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return Usage{}
	}
	return Usage{Processor: float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9, Peak: bytesOf(u.Maxrss)}
}

// UsageOf returns what another process, which has ended, has used.
func UsageOf(p *os.ProcessState) Usage {
	u := Usage{Processor: (p.UserTime() + p.SystemTime()).Seconds()}
	if r, ok := p.SysUsage().(*syscall.Rusage); ok {
		u.Peak = bytesOf(r.Maxrss)
	}
	return u
}

// bytesOf returns the bytes of a Maxrss.
func bytesOf[T ~int32 | ~int64](resident T) float64 {
	if runtime.GOOS != "darwin" && runtime.GOOS != "ios" { // there in bytes, elsewhere in kilobytes
		return 1024 * float64(resident)
	}
	return float64(resident)
}

//go:build !unix

package stage

import "os"

// ReadUsage knows nothing here.
func ReadUsage() Usage { return Usage{} }

// UsageOf returns what another process, which has ended, has used: only the time is known here.
func UsageOf(p *os.ProcessState) Usage {
	return Usage{Processor: (p.UserTime() + p.SystemTime()).Seconds()}
}

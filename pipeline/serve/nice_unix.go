//go:build unix

package serve

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// niceness leaves this process a third of what others have of a busy core, so that the first page does not take long.
const niceness = 5

// BeNice lowers the priority of this process for good. On Linux each thread has its own, and new ones have that of their maker.
func BeNice() {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		_ = unix.Setpriority(unix.PRIO_PROCESS, 0, niceness) // a favour that a system may not know
		return
	}
	for _, t := range threads {
		if id, err := strconv.Atoi(t.Name()); err == nil {
			_ = unix.Setpriority(unix.PRIO_PROCESS, id, niceness)
		}
	}
}

package live

import (
	"fmt"
	"os"

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

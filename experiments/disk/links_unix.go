//go:build unix

package disk

import (
	"os"
	"syscall"
)

// Links returns the number of hard links of an open file: the names that it has, 1 as a rule, in any folders.
func Links(file *os.File) (uint64, error) {
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	return uint64(info.Sys().(*syscall.Stat_t).Nlink), nil // its type differs between systems
}

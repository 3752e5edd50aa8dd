//go:build unix

package disk

import (
	"os"

	"golang.org/x/sys/unix"
)

// Writable returns why this process may not write to the file or folder, or nil. On a read-only file system nobody may.
func Writable(path string) error {
	if err := unix.Access(path, unix.W_OK); err != nil {
		return &os.PathError{Op: "access", Path: path, Err: err}
	}
	return nil
}

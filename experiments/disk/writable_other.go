//go:build !unix

package disk

import (
	"io/fs"
	"os"
)

// Writable returns why the mode of the file or folder does not allow writing, or nil.
func Writable(path string) error {
	info, err := os.Stat(path)
	if err == nil && info.Mode().Perm()&0o200 == 0 {
		err = &os.PathError{Op: "access", Path: path, Err: fs.ErrPermission}
	}
	return err
}

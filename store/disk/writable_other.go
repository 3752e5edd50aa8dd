//go:build !unix

package disk

import "os"

// Writable reports whether the mode of the file or folder allows writing.
func Writable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Perm()&0o200 != 0
}

//go:build !unix

package store

import "os"

// writable reports whether the mode of the file or folder allows writing.
func writable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Perm()&0o200 != 0
}

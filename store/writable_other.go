//go:build !unix

package store

import "os"

// writable reports whether the file or folder may be written, as far as its mode says.
func writable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Perm()&0o200 != 0
}

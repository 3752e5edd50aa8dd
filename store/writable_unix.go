//go:build unix

package store

import "golang.org/x/sys/unix"

// writable reports whether the file or folder may be written.
func writable(path string) bool { return unix.Access(path, unix.W_OK) == nil }

//go:build unix

package store

import "golang.org/x/sys/unix"

// writable reports whether this process may write to the file or folder.
func writable(path string) bool { return unix.Access(path, unix.W_OK) == nil }

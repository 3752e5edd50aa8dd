//go:build unix

package disk

import "golang.org/x/sys/unix"

// Writable reports whether this process may write to the file or folder.
func Writable(path string) bool { return unix.Access(path, unix.W_OK) == nil }

//go:build !linux && !darwin && !freebsd && !windows

package store

// networkFileSystem always returns "", as it cannot detect network file systems on this operating system.
func networkFileSystem(string) (string, error) { return "", nil }

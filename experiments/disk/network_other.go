//go:build !linux && !darwin && !freebsd && !windows

package disk

// NetworkFileSystem always returns "", as it cannot detect network file systems on this operating system.
func NetworkFileSystem(string) (string, error) { return "", nil }

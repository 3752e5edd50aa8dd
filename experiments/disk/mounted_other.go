//go:build !linux

package disk

// MountedAlone always returns false: only Linux mounts single files.
func MountedAlone(string) (bool, error) { return false, nil }

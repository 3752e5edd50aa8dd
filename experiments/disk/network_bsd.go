//go:build darwin || freebsd

package disk

import "golang.org/x/sys/unix"

// NetworkFileSystem returns the name of the folder's file system if it is a network file system, and otherwise "".
func NetworkFileSystem(folder string) (string, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return "", err
	}
	if s.Flags&unix.MNT_LOCAL != 0 {
		return "", nil
	}
	return unix.ByteSliceToString(s.Fstypename[:]), nil
}

//go:build unix

package disk

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// TryLock locks the open file, exclusively or shared. It reports false if the file is already locked through another
// descriptor. Closing the file, or ending the process, unlocks it.
func TryLock(file *os.File, exclusive bool) (bool, error) {
	how := unix.LOCK_SH
	if exclusive {
		how = unix.LOCK_EX
	}
	for {
		err := unix.Flock(int(file.Fd()), how|unix.LOCK_NB)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EWOULDBLOCK):
			return false, nil
		default:
			return err == nil, err
		}
	}
}

// Unlock unlocks an open file.
func Unlock(file *os.File) error { return unix.Flock(int(file.Fd()), unix.LOCK_UN) }

// RemoveLocked removes a locked file and then unlocks it. In the opposite order it could remove the next holder's file.
func RemoveLocked(file *os.File) error {
	return errors.Join(os.Remove(file.Name()), file.Close())
}

package store

import (
	"errors"
	"math"
	"os"

	"golang.org/x/sys/windows"
)

// lockFile locks the open file, for one holder or shared with others, and reports false where a lock of another open
// file keeps it from that. Closing the file, as the end of the process does, ends the lock. What it locks is a byte far
// behind the end: locked bytes cannot be read by others.
func lockFile(file *os.File, exclusive bool) (bool, error) {
	flags := uint32(windows.LOCKFILE_FAIL_IMMEDIATELY)
	if exclusive {
		flags |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	at := windows.Overlapped{Offset: math.MaxUint32, OffsetHigh: math.MaxInt32}
	err := windows.LockFileEx(windows.Handle(file.Fd()), flags, 0, 1, 0, &at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return false, nil
	}
	return err == nil, err
}

// removeLocked ends the lock and removes its file. Windows removes no file that somebody has open: the next holder, or
// who waits, keeps it.
func removeLocked(file *os.File) error {
	err := file.Close()
	_ = os.Remove(file.Name())
	return err
}

package disk

import (
	"errors"
	"math"
	"os"

	"golang.org/x/sys/windows"
)

// lockedByte is the byte that is locked.
var lockedByte = windows.Overlapped{Offset: math.MaxUint32, OffsetHigh: math.MaxInt32}

// TryLock locks the open file, exclusively or shared. It reports false if the file is already locked through another
// handle. Closing the file, or ending the process, unlocks it. It locks one byte far beyond the end, as other processes
// cannot read locked bytes.
func TryLock(file *os.File, exclusive bool) (bool, error) {
	flags := uint32(windows.LOCKFILE_FAIL_IMMEDIATELY)
	if exclusive {
		flags |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	at := lockedByte
	err := windows.LockFileEx(windows.Handle(file.Fd()), flags, 0, 1, 0, &at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return false, nil
	}
	return err == nil, err
}

// Unlock unlocks an open file.
func Unlock(file *os.File) error {
	at := lockedByte
	return windows.UnlockFileEx(windows.Handle(file.Fd()), 0, 1, 0, &at)
}

// RemoveLocked unlocks the file and removes it. The file stays if another process has it open, as Windows requires.
func RemoveLocked(file *os.File) error {
	err := file.Close()
	_ = os.Remove(file.Name())
	return err
}

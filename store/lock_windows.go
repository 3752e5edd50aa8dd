package store

import (
	"errors"
	"math"
	"os"

	"golang.org/x/sys/windows"
)

// lockFile locks the open file, exclusively or shared. It reports false if the file is already locked through another
// handle. Closing the file, or ending the process, unlocks it. It locks one byte far beyond the end, as other processes
// cannot read locked bytes.
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

// removeLocked unlocks the file and removes it. The file stays if another process has it open, as Windows requires.
func removeLocked(file *os.File) error {
	err := file.Close()
	_ = os.Remove(file.Name())
	return err
}

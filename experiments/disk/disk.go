// Package disk is what the program asks of files beyond reading and writing them, on every operating system: locks that die
// with their process, hard links, network file systems, permission to write; and files that are written in full or not at all.
package disk

import (
	"bytes"
	"errors"
	"io"
	"os"
	"runtime"
)

// OwnLocks reports whether the locks of TryLock are apart from those with which SQLite locks its files, so that one file can
// have both. On Linux flock and fcntl do not see each other, and on Windows they lock other bytes; on BSD and macOS they meet.
const OwnLocks = runtime.GOOS == "linux" || runtime.GOOS == "windows"

// SyncFolder writes the names of the files in a folder to disk, so that those made, renamed or removed there stay so after a power
// cut. Windows has no such call.
func SyncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// StillThere reports whether the path of an open file still leads to it: it may have been removed or replaced.
func StillThere(file *os.File) bool {
	at, err := os.Stat(file.Name())
	if err != nil {
		return false
	}
	is, err := file.Stat()
	return err == nil && os.SameFile(at, is)
}

// SameContent reports whether two files have the same content.
func SameContent(a, b string) (same bool, err error) {
	var files [2]*os.File
	for i, path := range []string{a, b} {
		if files[i], err = os.Open(path); err != nil {
			return false, err
		}
		defer files[i].Close()
	}
	var parts [2][1 << 16]byte
	for {
		n, oneErr := io.ReadFull(files[0], parts[0][:])
		m, otherErr := io.ReadFull(files[1], parts[1][:])
		for _, err := range []error{oneErr, otherErr} {
			if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
				return false, err
			}
		}
		if !bytes.Equal(parts[0][:n], parts[1][:m]) {
			return false, nil
		}
		if oneErr != nil { // the end of both
			return true, nil
		}
	}
}

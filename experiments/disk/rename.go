package disk

import (
	"errors"
	"os"
)

// RenameNew renames a file within a folder or a file system. It never replaces another file: then its error is fs.ErrExist. Unlike
// a hard link that is removed, it never leaves the file with two names.
func RenameNew(from, to string) error {
	err := renameNew(from, to)
	if err == nil || !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	// Reserve the name first, so that no existing file is replaced.
	reserved, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	return errors.Join(reserved.Close(), os.Rename(from, to))
}

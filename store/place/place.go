// Package place knows where a store can lie: in which files and folders SQLite can keep it without losing anything.
package place

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"flowsweep/experiments/disk"
)

// OpenIfExists opens the file at path for reading. It returns nil if there is none but it can be created, and an error if
// there can be no store.
func OpenIfExists(path string) (*os.File, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, checkFolder(filepath.Dir(path))
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errors.New("it is a folder: use a file as --db")
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file: use another --db")
	}
	if err := checkLocal(filepath.Dir(path)); err != nil {
		return nil, err
	}
	return os.Open(path)
}

// CheckWritable returns why a store that may exist can only be read.
func CheckWritable(path string) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // OpenIfExists has looked at its folder
	}
	if err != nil {
		return err
	}
	defer file.Close()
	if err := disk.Writable(path); err != nil {
		return notWritable("it", err)
	}
	if err := checkFolder(filepath.Dir(path)); err != nil {
		return err
	}
	return checkNames(file)
}

func notWritable(what string, err error) error {
	var cause *fs.PathError
	if errors.As(err, &cause) {
		err = cause.Err
	}
	return fmt.Errorf("%s is not writable (%w): change that, or use another --db", what, err)
}

// checkNames returns a NamesError if the file can be reached by two paths. SQLite keeps its log beside the path that it is given:
// through the other path it would neither see what the log holds nor meet the locks of those who write, and writing through both
// destroys the file. A symbolic link is fine, as SQLite follows it.
func checkNames(file *os.File) error {
	n, err := disk.Links(file)
	if err != nil {
		return err
	}
	if n > 1 {
		return &NamesError{fmt.Sprintf("it is one file with %d names (hard links), and SQLite keeps a log for each name: remove the others, which"+
			" `find / -samefile FILE` shows, or use a copy of the file", n)}
	}
	alone, err := disk.MountedAlone(file.Name())
	if alone {
		return &NamesError{fmt.Sprintf("it is mounted without its folder, where SQLite keeps its log: mount the folder that holds it, and use --db %s there",
			filepath.Join("FOLDER", filepath.Base(file.Name())))}
	}
	return err
}

// NamesError says that a file can be reached by two paths.
type NamesError struct{ text string }

func (e *NamesError) Error() string { return e.text }

// checkFolder returns an error unless files can be created in the folder, where SQLite keeps its log.
func checkFolder(folder string) error {
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no folder %q: create it, or use another --db", folder)
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%q is not a folder: use another --db", folder)
	}
	if err := disk.Writable(folder); err != nil {
		return notWritable(fmt.Sprintf("the folder %q", folder), err)
	}
	return checkLocal(folder)
}

// checkLocal returns an error if the folder is on a network file system. Processes on different machines would not see each
// other's locks or share the write-ahead log's memory.
func checkLocal(folder string) error {
	name, err := disk.NetworkFileSystem(folder)
	if err != nil {
		return fmt.Errorf("find the file system of %q: %w", folder, err)
	}
	if name != "" {
		return fmt.Errorf("the folder %q is on a network file system (%s), where SQLite loses data: put the store on a local disk with --db", folder, name)
	}
	return nil
}

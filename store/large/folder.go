// Package large keeps large contents as files that are named by their sha256, in a folder beside the store.
//
//	folder := large.Folder{Path: "runs.db.contents"}
//	err := folder.Save(sum, content)
//	content, err := folder.Read(sum, size)
//
// A file appears once it is whole and on disk, never changes, and is only removed.
package large

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"flowsweep/experiments/disk"
)

// Folder is a folder of contents: that with the sha256 abcd... is the file ab/abcd... in it. It need not exist.
type Folder struct {
	Path string
	Base string // another such folder, which is only read: for a copy of a store. "" is none
	flat bool   // the files are in it, and complete only once all of it is
}

// In returns a folder that goes with what else is incomplete there.
func In(partial *disk.Partial, base string) Folder { return Folder{partial.Path(""), base, true} }

// DamageError says that a file is missing, or is not what was saved.
type DamageError struct {
	Missing bool
	Text    string
}

func (e *DamageError) Error() string { return e.Text }

var sumForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// file returns the path of a content. A store that was tampered with must not lead out of the folder.
func (f Folder) file(sum string) (string, error) {
	if !sumForm.MatchString(sum) {
		return "", &DamageError{Text: fmt.Sprintf("%q is no sha256", sum)}
	}
	if f.flat {
		return filepath.Join(f.Path, sum), nil
	}
	return filepath.Join(f.Path, sum[:2], sum), nil
}

// Exists reports whether there is such a folder.
func (f Folder) Exists() bool {
	for _, path := range []string{f.Path, f.Base} {
		if info, err := os.Stat(path); path != "" && err == nil && info.IsDir() {
			return true
		}
	}
	return false
}

// Has reports whether there is a file of that size for a content, without reading it.
func (f Folder) Has(sum string, size int64) bool {
	file, err := f.open(sum, size)
	return err == nil && file.Close() == nil
}

// Save writes a content, given in parts, unless it is there. It is on disk when Save returns.
func (f Folder) Save(sum string, parts ...[]byte) error {
	size := int64(0)
	for _, p := range parts {
		size += int64(len(p))
	}
	if f.Check(sum, size) == nil {
		return nil
	}
	return f.add(sum, func(out io.Writer) error {
		for _, p := range parts {
			if _, err := out.Write(p); err != nil {
				return err
			}
		}
		return nil
	})
}

// add makes the file of a content, or replaces a damaged one.
func (f Folder) add(sum string, write func(out io.Writer) error) error {
	path, err := f.file(sum)
	if err != nil {
		return err
	}
	for range 3 { // Tidy may remove a folder before there is something in it
		if err = f.addOnce(path, write); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return err
}

func (f Folder) addOnce(path string, write func(out io.Writer) error) error {
	if f.flat {
		return writeFile(path, write)
	}
	if err := f.makeFolders(filepath.Dir(path)); err != nil {
		return err
	}
	partial, err := disk.NewPartial(f.Path)
	if err != nil {
		return err
	}
	made := partial.Path(filepath.Base(path))
	err = writeFile(made, write)
	if err == nil {
		err = os.Rename(made, path)
	}
	if err == nil {
		err = disk.SyncFolder(filepath.Dir(path))
	}
	return errors.Join(err, partial.Close())
}

// makeFolders makes the folder and one inside it, so that both outlive a power cut.
func (f Folder) makeFolders(inside string) error {
	if f.flat {
		return nil
	}
	for _, folder := range []string{f.Path, inside} {
		err := os.Mkdir(folder, 0o755)
		if err == nil {
			err = disk.SyncFolder(filepath.Dir(folder))
		}
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

func writeFile(path string, write func(out io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	if err := errors.Join(write(file), file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// open opens the file of a content, which must have this size.
func (f Folder) open(sum string, size int64) (*os.File, error) {
	path, err := f.file(sum)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) && f.Base != "" {
		return Folder{Path: f.Base}.open(sum, size)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &DamageError{true, fmt.Sprintf("there is no file %s", path)}
	}
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && info.Size() != size {
		err = &DamageError{Text: fmt.Sprintf("%s has %d bytes, not %d", path, info.Size(), size)}
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// Read returns a content of this size. It is a *DamageError if the file is missing or is not what was saved.
func (f Folder) Read(sum string, size int64) ([]byte, error) {
	file, err := f.open(sum, size)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content := make([]byte, size)
	if _, err := io.ReadFull(file, content); err != nil {
		return nil, fmt.Errorf("read %s: %w", file.Name(), err)
	}
	got := sha256.Sum256(content)
	return content, checkSum(file.Name(), got[:], sum)
}

// Check reads the file of a content of this size, without keeping it in memory. Its errors are those of Read.
func (f Folder) Check(sum string, size int64) error { return f.copyTo(io.Discard, sum, size) }

// copyTo writes a content and then says whether it is what was saved.
func (f Folder) copyTo(out io.Writer, sum string, size int64) error {
	file, err := f.open(sum, size)
	if err != nil {
		return err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(io.MultiWriter(out, hash), file); err != nil {
		return fmt.Errorf("copy %s: %w", file.Name(), err)
	}
	return checkSum(file.Name(), hash.Sum(nil), sum)
}

func checkSum(path string, got []byte, want string) error {
	if text := hex.EncodeToString(got); text != want {
		return &DamageError{Text: fmt.Sprintf("the sha256 of %s is %s", path, text)}
	}
	return nil
}

// Copy copies a content to another folder, unless it is there.
func (f Folder) Copy(to Folder, sum string, size int64) error {
	if to.Check(sum, size) == nil {
		return nil
	}
	return to.add(sum, func(out io.Writer) error { return f.copyTo(out, sum, size) })
}

// Move moves a content that is there to another folder of the same file system.
func (f Folder) Move(to Folder, sum string) error {
	from, err := f.file(sum)
	if err != nil {
		return err
	}
	path, err := to.file(sum)
	if err != nil {
		return err
	}
	if err := to.makeFolders(filepath.Dir(path)); err != nil {
		return err
	}
	if err := os.Rename(from, path); err != nil && !errors.Is(err, fs.ErrNotExist) { // it may have been missing before
		return err
	}
	return disk.SyncFolder(filepath.Dir(path))
}

// Link is Copy by a hard link, where the file system has them: then both folders have one file.
func (f Folder) Link(to Folder, sum string, size int64) error {
	from, err := f.file(sum)
	if err != nil {
		return err
	}
	path, err := to.file(sum)
	if err != nil {
		return err
	}
	if !f.Has(sum, size) || to.makeFolders(filepath.Dir(path)) != nil || os.Link(from, path) != nil {
		return f.Copy(to, sum, size)
	}
	return disk.SyncFolder(filepath.Dir(path))
}

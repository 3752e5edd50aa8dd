package disk

import (
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Steady is a file that is read piece by piece and must stay as it was when it was opened.
//
// It reads with ReadAt, through the system's cache of pages, and does not map the file: a map of a file that somebody shortens ends the
// process with SIGBUS, and would show what somebody writes as if it had always been there. The file is closed when nothing refers to it.
type Steady struct {
	file *os.File
	was  fs.FileInfo
}

// OpenSteady opens a file to read it piece by piece. A ReadAt is an error once the file was written to.
func OpenSteady(path string) (*io.SectionReader, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	was, err := file.Stat()
	if err != nil {
		return nil, err
	}
	return io.NewSectionReader(&Steady{file, was}, 0, was.Size()), nil
}

// ReadAt is that of an os.File, with an error if the file has another size or time of writing than when it was opened. The time is looked
// at after the read, so that what is returned was there before it changed.
func (s *Steady) ReadAt(p []byte, off int64) (int, error) {
	n, err := s.file.ReadAt(p, off)
	now, statErr := s.file.Stat()
	switch {
	case statErr != nil:
		return 0, statErr
	case now.Size() != s.was.Size() || !now.ModTime().Equal(s.was.ModTime()):
		return 0, fmt.Errorf("%s has changed since it was opened: leave it as it is meanwhile, and start again", s.file.Name())
	}
	return n, err
}

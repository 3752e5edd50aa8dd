package command

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"flowsweep/experiments"
	"flowsweep/experiments/disk"
)

// ParserIn returns a parser of specs whose data files are in the folder.
func ParserIn(folder string) experiments.Parser {
	return experiments.Parser{
		Open: func(path string) ([]byte, error) {
			at, size, err := dataFile(folder, path)
			if err == nil && size > experiments.MaxDataSize {
				err = experiments.TooLarge(at, size)
			}
			if err != nil {
				return nil, err
			}
			return os.ReadFile(at)
		},
		Large: experiments.NewLargeFiles(func(path string) (*io.SectionReader, error) {
			at, _, err := dataFile(folder, path)
			if err != nil {
				return nil, err
			}
			return disk.OpenSteady(at)
		}),
	}
}

// dataFile returns where a data file named by a spec in the folder is, and its size.
func dataFile(folder, path string) (at string, size int64, err error) {
	at = path
	if !filepath.IsAbs(path) {
		at = filepath.Join(folder, path)
	}
	info, err := os.Stat(at)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return at, 0, fmt.Errorf("there is no file %s: give a path from the folder of the spec, or from the root", at)
	case err != nil:
		return at, 0, err
	case !info.Mode().IsRegular():
		return at, 0, fmt.Errorf("%s is not a regular file", at)
	default:
		return at, info.Size(), nil
	}
}

// maxModel is the largest ONNX file that is read, in bytes: far larger than any the program writes.
const maxModel = 1 << 30

// ReadModel reads an ONNX file of at most maxModel bytes.
func ReadModel(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxModel {
		return nil, fmt.Errorf("%s is not an ONNX file", path)
	}
	return os.ReadFile(path)
}

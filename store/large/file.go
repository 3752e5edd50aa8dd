package large

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"flowsweep/experiments/disk"
)

// SaveFile is Save for a content that is read piece by piece. It is copied rather than linked: who writes to the original, as np.save
// does, must not write to the content. It is an error if it has another sha256.
func (f Folder) SaveFile(sum string, content *io.SectionReader) error {
	if f.Check(sum, content.Size()) == nil {
		return nil
	}
	return f.add(sum, func(out io.Writer) error {
		hash := sha256.New()
		if _, err := io.Copy(io.MultiWriter(out, hash), io.NewSectionReader(content, 0, content.Size())); err != nil {
			return err
		}
		return checkSum("the content to save", hash.Sum(nil), sum)
	})
}

// Open opens the file of a content of this size, after reading all of it once, to be read piece by piece. Its errors are those of Read.
func (f Folder) Open(sum string, size int64) (*io.SectionReader, error) {
	file, err := f.open(sum, size)
	if err != nil {
		return nil, err
	}
	path := file.Name()
	if err := file.Close(); err != nil {
		return nil, err
	}
	content, err := disk.OpenSteady(path)
	if err != nil {
		return nil, err
	}
	got, err := Sum(content)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if got != sum {
		return nil, &DamageError{Text: fmt.Sprintf("the sha256 of %s is %s", path, got)}
	}
	return content, nil
}

// Sum returns the sha256 of a content that is read piece by piece.
func Sum(content *io.SectionReader) (string, error) {
	hash := sha256.New()
	_, err := io.Copy(hash, io.NewSectionReader(content, 0, content.Size()))
	return hex.EncodeToString(hash.Sum(nil)), err
}

package table

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// What a file can make its reader take. A cell takes 8 bytes, in a column of words 24 and its text, and a text is held up to
// three times while its letters are converted. So a file of up to MaxInflated bytes, inflated or not, takes at most MaxMemory.
const (
	MaxCells    = 1 << 26   // cells of a table
	MaxColumns  = 1 << 16   // columns of a table
	MaxInflated = 256 << 20 // bytes of what a compressed file holds
	MaxMemory   = 3 << 30   // bytes
)

// reader is a form of data files.
type reader struct {
	ext    string
	decode func(file []byte, o Options) (Table, error)
}

// readers lists the forms of data files by the endings of their names.
var readers = []reader{
	{".csv", DecodeCSV}, {".tsv", DecodeCSV}, {".txt", DecodeCSV}, {".npy", decodeNPY}, {".npz", decodeNPZ}, {".parquet", decodeParquet},
}

// Extensions lists the endings of the names of data files. Each may be followed by .gz.
func Extensions() []string {
	var list []string
	for _, f := range readers {
		list = append(list, f.ext)
	}
	return list
}

// Extension returns the ending of the name of a data file, in small letters, without .gz; empty if it is none.
func Extension(name string) string {
	ext := strings.ToLower(filepath.Ext(strings.TrimSuffix(strings.ToLower(name), ".gz")))
	if slices.Contains(Extensions(), ext) {
		return ext
	}
	return ""
}

// Decode returns the table in a data file, in the form that the ending of its name says.
func Decode(name string, file []byte, o Options) (Table, error) {
	ext := Extension(name)
	at := slices.IndexFunc(readers, func(f reader) bool { return f.ext == ext })
	if at < 0 {
		return Table{}, fmt.Errorf("%q is none of %s: convert it to one of them", name, strings.Join(Extensions(), ", "))
	}
	if err := o.Check(); err != nil {
		return Table{}, err
	}
	file, err := inflated(file)
	if err != nil {
		return Table{}, err
	}
	for _, m := range magics {
		if m.ext != ext && bytes.HasPrefix(file, []byte(m.magic)) {
			return Table{}, fmt.Errorf("it is %s, whatever its name: %s", m.what, m.do)
		}
	}
	t, err := readers[at].decode(file, o)
	if err == nil && t.Len() == 0 {
		err = errors.New("no rows")
	}
	return t, err
}

// magics are the starts of files that are often named as others.
var magics = []struct{ magic, ext, what, do string }{
	{"PAR1", ".parquet", "a Parquet file", "name it .parquet"},
	{"\x93NUMPY", ".npy", "a NumPy array", "name it .npy"},
	{"PK\x03\x04", ".npz", "a zip archive, such as of NumPy or Excel", "name it .npz, or save the sheet as .csv"},
	{"\xd0\xcf\x11\xe0", "", "an Excel file", "save the sheet as .csv"},
	{"\x89HDF", "", "an HDF5 file", "save the array as .npy or .parquet"},
}

// inflated returns the content of a file, of a gzip file what it holds.
func inflated(file []byte) ([]byte, error) {
	if !bytes.HasPrefix(file, []byte{0x1f, 0x8b}) {
		return file, nil
	}
	r, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	content, err := readBounded(r, "the file")
	if err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	return content, nil
}

// readBounded reads all of a compressed content, or returns an error once it is more than MaxInflated bytes.
func readBounded(r io.Reader, what string) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, MaxInflated+1))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("%s ends too early: copy it again", what)
	case err != nil:
		return nil, err
	case len(content) > MaxInflated:
		return nil, fmt.Errorf("%s holds more than %d bytes once it is inflated: leave rows or columns out", what, MaxInflated)
	}
	return content, nil
}

// textOf returns the text in a file as UTF-8, and says if it was something else.
func textOf(file []byte) (text []byte, notes []string, err error) {
	switch {
	case bytes.HasPrefix(file, []byte("\ufeff")):
		file = file[len("\ufeff"):]
	case bytes.HasPrefix(file, []byte{0xff, 0xfe}), bytes.HasPrefix(file, []byte{0xfe, 0xff}):
		return fromUTF16(file), []string{"it is in UTF-16"}, nil
	}
	if at := bytes.IndexByte(file, 0); at >= 0 {
		return nil, nil, fmt.Errorf("byte %d is 0, so it is not text: save it as UTF-8", at)
	}
	if utf8.Valid(file) {
		return file, nil, nil
	}
	text, err = charmap.Windows1252.NewDecoder().Bytes(file)
	return text, []string{"it is not in UTF-8, so it is read as Windows-1252"}, err
}

// fromUTF16 returns a text in UTF-16 with a byte order mark as UTF-8.
func fromUTF16(file []byte) []byte {
	low, high := 0, 1
	if file[0] == 0xfe {
		low, high = 1, 0
	}
	text := make([]byte, 0, len(file)/2)
	for i := 2; i+1 < len(file); i += 2 {
		r := rune(file[i+low]) | rune(file[i+high])<<8
		if utf16.IsSurrogate(r) && i+3 < len(file) {
			next := rune(file[i+2+low]) | rune(file[i+2+high])<<8
			if both := utf16.DecodeRune(r, next); both != utf8.RuneError {
				r, i = both, i+2
			}
		}
		text = utf8.AppendRune(text, r)
	}
	return text
}

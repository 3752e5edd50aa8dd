package experiments

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
)

// byteArray returns a NumPy file of bytes, n images of 3 x 2 x 2.
func byteArray(n int, order string) []byte {
	header := fmt.Sprintf("{'descr': '|u1', 'fortran_order': %s, 'shape': (%d, 3, 2, 2), }\n", order, n)
	file := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
	file = append(file, header...)
	r := flow.NewStream(0, "bytes").At(0)
	for range 12 * n {
		file = append(file, byte(r.IntN(200)))
	}
	return file
}

// bothWays returns parsers of specs with these files: one reads them into memory, the other by rows.
func bothWays(files map[string][]byte) (memory, inFile Parser) {
	open := func(path string) ([]byte, error) {
		if file, ok := files[path]; ok {
			return file, nil
		}
		return nil, fs.ErrNotExist
	}
	section := func(path string) (*io.SectionReader, error) {
		file, err := open(path)
		return io.NewSectionReader(bytes.NewReader(file), 0, int64(len(file))), err
	}
	return Parser{Open: open, Large: NewLargeFiles(section)}, Parser{Open: open, Large: NewLargeFiles(section).Above(100)}
}

// TestKeysOfLargeFiles: plans do not depend on how a file is read, whatever is said of it, nor do the points of their targets and
// sources. Stored recipes are read back by rows, with the same keys.
func TestKeysOfLargeFiles(t *testing.T) {
	t.Parallel()
	file := byteArray(200, "False")
	memory, inFile := bothWays(map[string][]byte{"a.npy": file})
	for _, text := range []string{
		"target: {file: a.npy, shape: [3, 2, 2]}",
		"target: {file: a.npy, noise: 0.1, holdout: 0}",
		"target: {file: a.npy, columns: ['7', '3', '5'], standardise: robust}",
		"target: {file: a.npy, columns: {'7': categorical, '1': real}}",
		"target: {file: a.npy, exclude: ['1', '2', '11']}",
		"target: {file: a.npy, columns: ['3', '1']}\nsource: {file: a.npy, columns: ['7', '8'], noise: 0.5}",
		"target: moons\nsource: {file: a.npy, columns: ['7', '8']}",
	} {
		parse := func(p Parser) (Plan, Setting) {
			spec, err := p.Parse("a.yaml", []byte("name: a\n"+text+"\n"))
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			plan, err := spec.Plan()
			if err != nil {
				t.Fatal(err)
			}
			return plan, spec.Settings[0]
		}
		want, of := parse(memory)
		got, setting := parse(inFile)
		if !got.Same(want) || got.Fits[0].Key != want.Fits[0].Key {
			t.Errorf("%s: fit %s by rows, %s in memory", text, got.Fits[0].Key, want.Fits[0].Key)
		}
		if len(got.Spec.Files) != 1 || got.Spec.Files[0].Content != nil || got.Spec.Files[0].Large == nil || len(want.Spec.Files[0].Content) != len(file) {
			t.Errorf("%s: the files are %+v", text, got.Spec.Files)
		}
		recipe, err := json.Marshal(setting.Recipe)
		if err != nil {
			t.Fatal(err)
		}
		stored := Parser{Large: NewLargeFiles(func(string) (*io.SectionReader, error) {
			return io.NewSectionReader(bytes.NewReader(file), 0, int64(len(file))), nil
		})}
		again, err := stored.Setting(recipe, nil)
		if err != nil {
			t.Errorf("%s: stored: %v", text, err)
			continue
		}
		if form, err := json.Marshal(again.Recipe); err != nil || string(form) != string(recipe) {
			t.Errorf("%s comes back as\n%s (%v), want\n%s", text, form, err, recipe)
		}
		draws := func(s Setting) []float64 {
			x0, x1 := flow.NewBatch(50, s.Target.Dim()), flow.NewBatch(50, s.Target.Dim())
			s.Source.Fill(x0, flow.NewStream(1, "x"), 0)
			s.Target.Fill(x1, flow.NewStream(1, "x"), 0)
			return slices.Concat(x0.Data, x1.Data, s.Target.Held.All().Data)
		}
		if x := draws(of); !slices.Equal(draws(setting), x) || !slices.Equal(draws(again), x) {
			t.Errorf("%s draws other points by rows", text)
		}
	}
}

// TestLargeFilesAreMadeOnce: settings of a spec, and recipes of a parser, that say the same of a file share its target.
func TestLargeFilesAreMadeOnce(t *testing.T) {
	t.Parallel()
	_, p := bothWays(map[string][]byte{"a.npy": byteArray(200, "False")})
	same, err := p.Large.open("a.npy")
	if err != nil {
		t.Fatal(err)
	}
	once := 0
	p.Large = p.Large.With(func(string) (*io.SectionReader, error) { once++; return same, nil })
	for range 3 {
		if _, err := p.Parse("a.yaml", []byte("name: a\ntarget: {file: a.npy, shape: [3, 2, 2], noise: [0, 0.1]}\nnet: {width: [8, 16]}\n")); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(p.Large.made.list); n != 2 || once != 3 {
		t.Errorf("%d targets were made and %d files opened, want 2 and 3", n, once)
	}
}

// TestLargeFilesRefused: what is only possible in memory is refused where the file does not fit, in a sentence that says what to do, and
// files in another order are told how to become readable.
func TestLargeFilesRefused(t *testing.T) {
	t.Parallel()
	wide := bytes.Replace(byteArray(0, "False"), []byte("(0, 3, 2, 2)"), []byte("(2, 70000)"), 1)
	wide[8] = byte(len(wide) - 10)
	wide = append(wide, make([]byte, 140_000)...)
	_, p := bothWays(map[string][]byte{"a.npy": byteArray(200, "False"), "f.npy": byteArray(200, "True"), "wide.npy": wide})
	for text, want := range map[string]string{
		"{file: a.npy, mixture: 3}":                              "a mixture is fitted to at most 10000000 numbers, and it has 200 rows of 12",
		"{file: a.npy, shape: [3, 2, 3]}":                        "images of 3 channels with 2 x 3 pixels have 18 numbers, and the rows have 12",
		"{file: a.npy, columns: ['12']}":                         `unknown column "12"`,
		"{file: a.npy, columns: {'1': integer}, exclude: ['1']}": "named twice",
		"{file: wide.npy}":                                       "2 rows of 70000 numbers are too many: at most 2000000000 numbers, 10000000 rows and 65536 columns",
		"{file: a.npy, columns: {'1': {bounded: [0, 1]}}}":       "is not between the bounds 0 and 1",
	} {
		if _, err := p.Parse("a.yaml", []byte("name: a\ntarget: "+text+"\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	// A file in Fortran order is read into memory where it fits, and otherwise told how it could be read.
	if _, err := p.Parse("a.yaml", []byte("name: a\ntarget: {file: f.npy, shape: [3, 2, 2]}\n")); err != nil {
		t.Error(err)
	}
	const rows = MaxDataSize/12 + 1
	fortran := byteArray(0, "True")
	fortran = bytes.Replace(fortran, []byte("(0, 3, 2, 2)"), fmt.Appendf(nil, "(%d, 12)", rows), 1)
	fortran[8] = byte(len(fortran) - 10)
	size := int64(len(fortran) + 12*rows)
	for name, want := range map[string]string{"f.npy": "np.ascontiguousarray", "c.csv": "convert it to an uncompressed .npy of two axes or more in C order"} {
		tooLarge := Parser{
			Open: func(path string) ([]byte, error) { return nil, TooLarge(path, size) },
			Large: NewLargeFiles(func(string) (*io.SectionReader, error) {
				return io.NewSectionReader(endless(fortran), 0, size), nil
			}),
		}
		if _, err := tooLarge.Parse("a.yaml", []byte("name: a\ntarget: {file: "+name+"}\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

// endless is a file that goes on with zeros after what it holds.
type endless []byte

func (e endless) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	if off < int64(len(e)) {
		copy(p, e[off:])
	}
	return len(p), nil
}

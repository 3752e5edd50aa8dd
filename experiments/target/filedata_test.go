package target

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/table"
)

// npyFile returns a NumPy file of numbers of a type that encode appends.
func npyFile(kind string, shape []int, numbers []float64, encode func([]byte, float64) []byte) []byte {
	sizes := strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", ", "), "[]")
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }\n", kind, sizes)
	file := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(header)))
	file = append(file, header...)
	for _, v := range numbers {
		file = encode(file, v)
	}
	return file
}

func asByte(to []byte, v float64) []byte { return append(to, byte(v)) }

func asBigFloat(to []byte, v float64) []byte {
	return binary.BigEndian.AppendUint32(to, math.Float32bits(float32(v)))
}

// bothWays returns the targets of a NumPy file that is read into memory, and of one whose rows are read as they are needed, some numbers at
// a time. The columns are those given or, of none, all.
func bothWays(t *testing.T, file []byte, columns []kinds.Choice, like Data) (memory, inFile Target, errs [2]error) {
	t.Helper()
	read, err := table.Decode("x.npy", file, table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	choices := slices.Clone(columns)
	if len(columns) == 0 {
		if choices, _, err = Default(read, nil, false); err != nil {
			t.Fatal(err)
		}
		if like.Shape != nil {
			choices = Pixels(read, choices)
		}
	}
	for i, c := range choices {
		if !c.Kind.Known() {
			if choices[i].Kind, err = Guess(read, c.Column); err != nil {
				t.Fatal(err)
			}
		}
	}
	fill := func(taken Taken, err error) (Target, error) {
		if err != nil {
			return Target{}, err
		}
		taken.Standardise, taken.Noise, taken.Holdout, taken.Shape = like.Standardise, like.Noise, like.Holdout, like.Shape
		return taken.Make("x.npy")
	}
	memory, errs[0] = fill(Take(read, choices, columns))

	array, err := flow.OpenArray(io.NewSectionReader(bytes.NewReader(file), 0, int64(len(file))))
	if err != nil {
		t.Fatal(err)
	}
	of := Columns{Array: array, most: 3 * array.Rows}
	asked := slices.Clone(columns)
	for j, name := range read.Names() {
		if len(columns) == 0 {
			of.At, asked = append(of.At, j), append(asked, kinds.Choice{Column: name})
		}
	}
	for _, c := range columns {
		of.At = append(of.At, slices.Index(read.Names(), c.Column))
	}
	inFile, errs[1] = fill(TakeColumns(of, asked, columns, like.Shape != nil && len(columns) == 0))
	return memory, inFile, errs
}

// images returns n images of 2 x 2 x 3 whole pixels, of which the first is always 0.
func images(n int) []float64 {
	r, list := flow.NewStream(1, "pixels").At(0), []float64(nil)
	for range n {
		for j := range 12 {
			list = append(list, float64(min(j, 1)*r.IntN(200+j)))
		}
	}
	return list
}

// mixed returns n rows of 6 columns of different kinds and scales, with a -0 in one.
func mixed(n int) []float64 {
	r, list := flow.NewStream(2, "mixed").At(0), []float64(nil)
	for i := range n {
		x := r.NormFloat64()
		list = append(list, x, math.Copysign(0, -1)+float64(i%5), math.Exp(2*x), r.Float64(), 1e4*x+7, float64(r.IntN(3)))
	}
	list[1] = math.Copysign(0, -1)
	return list
}

// TestFileIsMemory: a file whose rows are read as they are needed gives the target that it gives in memory, to the bit: the same key, units,
// code, notes and cautions, and the same rows drawn, held out and kept for figures.
func TestFileIsMemory(t *testing.T) {
	t.Parallel()
	bytes12, floats := npyFile("|u1", []int{300, 2, 2, 3}, images(300), asByte), npyFile(">f4", []int{300, 6}, mixed(300), asBigFloat)
	half := slices.Clone(images(300))
	for i := range half {
		half[i] /= 2
	}
	named := func(names ...string) (list []kinds.Choice) {
		for _, name := range names {
			list = append(list, kinds.Choice{Column: name})
		}
		return list
	}
	word := named("5", "0", "1")
	word[0].Kind = kinds.Categorical
	for name, c := range map[string]struct {
		file    []byte
		columns []kinds.Choice
		like    Data
	}{
		"images":        {bytes12, nil, Data{Standardise: Standardised, Shape: []int{2, 2, 3}, Noise: .1}},
		"plain images":  {bytes12, nil, Data{Shape: []int{2, 2, 3}}},
		"robust images": {npyFile("|u1", []int{300, 12}, append(images(299), slices.Repeat([]float64{9}, 12)...), asByte), named("1", "2", "3", "7"), Data{Standardise: Robust, Shape: []int{1, 2, 2}}},
		"real pixels":   {npyFile(">f4", []int{300, 12}, half, asBigFloat), nil, Data{Standardise: Standardised, Shape: []int{2, 2, 3}}},
		"guessed":       {floats, nil, Data{Standardise: Standardised}},
		"unscaled":      {floats, nil, Data{}},
		"robust":        {floats, nil, Data{Standardise: Robust}},
		"quantile":      {floats, named("0", "3", "4"), Data{Standardise: Quantile}},
		"words":         {floats, word, Data{Standardise: Standardised}},
		"backwards":     {floats, named("4", "3", "0", "1"), Data{Standardise: Standardised, Noise: .5}},
		"all real":      {floats, []kinds.Choice{{Column: "0", Kind: kinds.Real}, {Column: "2", Kind: kinds.Real}}, Data{}},
	} {
		c.like.Holdout = .4
		want, got, errs := bothWays(t, c.file, c.columns, c.like)
		if errs[0] != nil || errs[1] != nil {
			t.Errorf("%s: %v", name, errs)
			continue
		}
		if got.Rows.file == nil || want.Rows.file != nil || got.Law != nil {
			t.Fatalf("%s: the rows are not read as they should be", name)
		}
		same := func(what string, a, b any) {
			t.Helper()
			if !reflect.DeepEqual(a, b) {
				t.Errorf("%s: %s: %.300v in the file, %.300v in memory", name, what, a, b)
			}
		}
		key := func(of Target) string { return string(must(json.Marshal(of))) + string(must(json.Marshal(of.Code))) }
		same("key and code", key(got), key(want))
		same("units", got.Units, want.Units)
		same("shape", got.Shape, want.Shape)
		same("notes", fmt.Sprint(got.ColumnNotes), fmt.Sprint(want.ColumnNotes))
		same("cautions", got.Cautions, want.Cautions)
		same("atoms", got.Atoms, want.Atoms)
		same("deviation", got.Std(), want.Std())
		same("drawn rows", got.Rows.All(), want.Rows.All())
		same("held-out rows", got.Held.All(), want.Held.All())
		same("fresh rows", got.Fresh.All(), want.Fresh.All())
		if got.Fresh.Len() < 50 {
			t.Errorf("%s: %d fresh rows", name, got.Fresh.Len())
		}
		stream := func() *flow.Stream { return flow.NewStream(7, "draws") }
		same("draws", got.Sample(400, stream()), want.Sample(400, stream()))
		same("reference", got.Reference(20, stream()), want.Reference(20, stream()))
		same("others", got.Others(220, 20, stream(), stream()).Data, want.Others(220, 20, stream(), stream()).Data)
		same("whole", fmt.Sprint(got.Whole(100, stream())), fmt.Sprint(want.Whole(100, stream())))
		a, b := got.RealPair(40, 30, stream())
		c, d := want.RealPair(40, 30, stream())
		same("pair", [2]flow.Batch{a, b}, [2]flow.Batch{c, d})
		parts := flow.Batch{Dim: got.Dim()}
		got.Rows.EachPart(func(part flow.Batch) { parts.Data = append(parts.Data, part.Data...) })
		same("parts", parts, want.Rows.All())
		same("error", got.Err(), nil)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestFileRefusesAsMemory: what is wrong with the numbers of a file is told in the words of one in memory.
func TestFileRefusesAsMemory(t *testing.T) {
	t.Parallel()
	gap, gaps := mixed(300), mixed(300)
	gap[6*17+4] = math.NaN()
	gaps[6*17+4], gaps[6*17+2], gaps[6*250] = math.NaN(), math.Inf(1), math.NaN()
	flat := images(300)
	for i := range flat {
		flat[i] = 3
	}
	for name, c := range map[string]struct {
		file    []byte
		columns []kinds.Choice
		like    Data
		want    string
	}{
		"a gap":         {npyFile(">f4", []int{300, 6}, gap, asBigFloat), nil, Data{Holdout: .2}, `1 of 300 rows have an empty cell, NaN or Inf`},
		"gaps":          {npyFile(">f4", []int{300, 6}, gaps, asBigFloat), nil, Data{Holdout: .2}, `2 of 300 rows have an empty cell`},
		"one colour":    {npyFile("|u1", []int{300, 2, 2, 3}, flat, asByte), nil, Data{Holdout: .2, Standardise: Standardised, Shape: []int{2, 2, 3}}, "all pixels are 3"},
		"another shape": {npyFile("|u1", []int{300, 2, 2, 3}, images(300), asByte), nil, Data{Holdout: .2, Shape: []int{2, 2, 2}}, "have 8 numbers, and the rows have 12"},
		"all held out":  {npyFile("|u1", []int{300, 12}, images(300), asByte), nil, Data{Holdout: .999}, "0 of 300 rows are left for training"},
		"constant":      {npyFile("|u1", []int{300, 12}, flat, asByte), nil, Data{Holdout: .2}, "every column is constant"},
		"no whole number": {
			npyFile(">f4", []int{300, 6}, mixed(300), asBigFloat),
			[]kinds.Choice{{Column: "0", Kind: kinds.Integer}},
			Data{Holdout: .2},
			"is not a whole number",
		},
	} {
		_, _, errs := bothWays(t, c.file, c.columns, c.like)
		if errs[0] == nil || errs[1] == nil || errs[0].Error() != errs[1].Error() || !strings.Contains(errs[1].Error(), c.want) {
			t.Errorf("%s: %v in the file, %v in memory, want %q", name, errs[1], errs[0], c.want)
		}
	}
}

// changing is a file of which nothing can be read any more once it is told so.
type changing struct {
	*bytes.Reader
	gone bool
}

func (c *changing) ReadAt(p []byte, off int64) (int, error) {
	if c.gone {
		return 0, fmt.Errorf("it is gone")
	}
	return c.Reader.ReadAt(p, off)
}

// TestRowsThatAreGone: what cannot be read is NaN, in draws with noise too, and the first error is kept.
func TestRowsThatAreGone(t *testing.T) {
	t.Parallel()
	file := npyFile("|u1", []int{300, 12}, images(300), asByte)
	from := &changing{Reader: bytes.NewReader(file)}
	array := must(flow.OpenArray(io.NewSectionReader(from, 0, int64(len(file)))))
	of := Columns{Array: array, At: upTo(12)}
	var choices []kinds.Choice
	for j := range 12 {
		choices = append(choices, kinds.Choice{Column: fmt.Sprint(j)})
	}
	taken := must(TakeColumns(of, choices, nil, true))
	taken.Holdout, taken.Shape, taken.Noise = .4, []int{3, 2, 2}, .1
	target := must(taken.Make("x.npy"))
	if draws := target.Sample(9, flow.NewStream(0, "draws")); !draws.Finite() || target.Err() != nil {
		t.Fatalf("draws %v, error %v", draws, target.Err())
	}
	from.gone = true
	for name, points := range map[string]flow.Batch{
		"draws": target.Sample(9, flow.NewStream(0, "draws")), "a reference": target.Reference(9, flow.NewStream(0, "draws")), "rows": target.Rows.Some(),
	} {
		if slices.ContainsFunc(points.Data, func(v float64) bool { return !math.IsNaN(v) }) || points.Len() == 0 {
			t.Errorf("%s of a file that is gone are %v", name, points.Data)
		}
	}
	if err := target.Err(); err == nil || !strings.Contains(err.Error(), "cannot be read any more") || !strings.Contains(err.Error(), "it is gone") {
		t.Errorf("the error is %v", err)
	}
}

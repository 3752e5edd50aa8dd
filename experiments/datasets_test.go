package experiments

import (
	"slices"
	"strings"
	"testing"
)

// TestDatasets: data sets that have a name are tables and images as files of one's own are.
func TestDatasets(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		trained, held, fresh, width int
		shape                       []int
	}{
		"iris":          {120, 30, 0, 5, []int{7}},   // 4 lengths and 3 species
		"wine":          {142, 36, 0, 14, []int{16}}, // 13 measurements and 3 cultivars
		"breast-cancer": {455, 57, 57, 31, []int{32}},
		"digits":        {1438, 180, 179, 64, []int{1, 8, 8}},
		"{name: iris, columns: [sepal length, class]}":   {120, 30, 0, 2, []int{4}},
		"{name: digits, mixture: 10, standardise: true}": {0, 0, 0, 64, []int{1, 8, 8}},
		"{name: iris, mixture: 3, holdout: 0}":           {0, 0, 0, 4, []int{4}},
	} {
		got, err := Parser{}.Target(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got.Rows.Len() != want.trained || got.Held.Len() != want.held || got.Fresh.Len() != want.fresh || got.Width() != want.width || !slices.Equal(got.Shape, want.shape) {
			t.Errorf("%s: %d rows, %d held out and %d more, of %d columns and shape %v, want %+v", text, got.Rows.Len(), got.Held.Len(), got.Fresh.Len(), got.Width(), got.Shape, want)
		}
		if strings.Contains(text, "mixture") && got.Law == nil {
			t.Errorf("%s: its law is not known", text)
		}
	}
}

// TestPixelsAreScaledTogether: the darkest and brightest pixel of all are -1 and 1, and samples come back as whole numbers within
// the range of the pixel.
func TestPixelsAreScaledTogether(t *testing.T) {
	t.Parallel()
	got, err := Parser{}.Target("digits")
	if err != nil {
		t.Fatal(err)
	}
	low, high := slices.Min(got.Rows.All().Data), slices.Max(got.Rows.All().Data)
	if low != -1 || high != 1 {
		t.Errorf("pixels from %g to %g", low, high)
	}
	rows := got.Decode(got.Rows.All())
	if slices.Min(rows.Data) != 0 || slices.Max(rows.Data) != 16 {
		t.Errorf("rows from %g to %g", slices.Min(rows.Data), slices.Max(rows.Data))
	}
	wild := got.Rows.All().Slice(0, 1).Clone()
	for i := range wild.Data {
		wild.Data[i] = 7
	}
	for _, v := range got.Decode(wild).Data {
		if v != float64(int(v)) || v < 0 || v > 16 {
			t.Fatalf("a sample has a pixel of %g", v)
		}
	}
}

// TestHeldRows: a column marks the rows to hold out, and is no column of the table.
func TestHeldRows(t *testing.T) {
	t.Parallel()
	open := func(string) ([]byte, error) {
		return []byte("a,b,test\n1,2.5,0\n2,3.5,1\n3,1.5,0\n4,0.5,1\n5,9.5,0\n"), nil
	}
	got, err := Parser{Open: open}.Target("{file: a.csv, held: test, standardise: false}")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Decode(got.Rows.All()).Data, []float64{1, 2.5, 3, 1.5, 5, 9.5}) || !slices.Equal(got.Decode(got.Held.All()).Data, []float64{2, 3.5, 4, .5}) {
		t.Errorf("rows %v, held out %v", got.Rows, got.Held)
	}
	for text, want := range map[string]string{
		"{file: a.csv, held: tset}": `unknown column "tset"`, "{file: a.csv, held: a}": "is neither 0 nor 1",
	} {
		if _, err := (Parser{Open: open}).Target(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// TestShapes refuses images that the rows are not.
func TestShapes(t *testing.T) {
	t.Parallel()
	open := func(string) ([]byte, error) { return []byte("a,b,c,d\n1,2,3,4\n2,3,4,5\n3,4,5,7\n4,5,6,9\n"), nil }
	for text, want := range map[string]string{
		"[2, 2]": "has 2 sizes", "[1, 2, 3]": "the rows have 4", "[1, 0, 4]": "use channels", "[4000000000, 2, 2]": "use channels", "[1, 2.5, 2]": "use channels",
	} {
		_, err := Parser{Open: open}.Target("{file: a.csv, holdout: 0, shape: " + text + "}")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	got, err := Parser{Open: open}.Target("{file: a.csv, holdout: 0, shape: [1, 2, 2]}")
	if err != nil || !slices.Equal(got.Shape, []int{1, 2, 2}) || got.Dim() != 4 {
		t.Errorf("%v, %v", got.Shape, err)
	}
}

package target

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
)

// TestCautions: one value far out is found among few rows and among many, in its column and with its row. Normal numbers,
// heavy tails, and a rare one among zeros raise no alarm.
func TestCautions(t *testing.T) {
	t.Parallel()
	normal := func(n int, of func(z float64) float64) flow.Batch {
		b := flow.NewBatch(n, 1)
		flow.NewStream(1, "z").Normal(b, 0)
		for i := range b.Data {
			b.Data[i] = of(b.Data[i])
		}
		return b
	}
	same := func(z float64) float64 { return z }
	for _, c := range []struct {
		name string
		rows flow.Batch
		row  int // which gets the value
		is   float64
		want string // empty for no caution
	}{
		{"few rows", normal(30, same), 7, 1e6, `column "x": row 7, from 0, is 1e+06`},
		{"many rows", normal(5000, same), 4999, -1e6, `row 4999, from 0, is -1e+06`},
		{"below 20", normal(5000, same), 3, 19, ""},
		{"above 20", normal(5000, same), 3, 21.5, "row 3"},
		{"heavy tails", normal(5000, func(z float64) float64 { return math.Exp(z / 2) }), 0, 1, ""},
		{"two values", normal(5000, func(float64) float64 { return 0 }), 3, 1, ""},
		{"not finite", normal(5000, same), 3, math.NaN(), ""},
		{"two rows", normal(2, same), 0, 1e9, ""},
	} {
		c.rows.Data[c.row] = c.is
		got := strings.Join(Cautions([]string{"x"}, c.rows), "\n")
		if (got != "") != (c.want != "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func ExampleScaleCautions() {
	rows := flow.Batch{Dim: 3, Data: []float64{-1000, .01, 5, 1000, -.01, 5}}
	fmt.Println(ScaleCautions([]string{"a", "b", "c"}, rows)[0])
	rows.Data[1], rows.Data[4] = 11, -9
	fmt.Println(len(ScaleCautions([]string{"a", "b", "c"}, rows)))
	// Output:
	// the standard deviation of "a" is 1e+03: beside it, distances barely see "b" (0.01)
	// 1
}

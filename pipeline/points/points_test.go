package points

import (
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/table"
)

func TestHeadOfPoints(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		columns []string
		head    bool
	}{{[]string{"x", "y"}, true}, {[]string{"0", "1"}, false}, {[]string{"x", "1990"}, false}, {nil, false}} {
		b := flow.Batch{Dim: 2, Data: []float64{1, 2}}
		read, err := table.DecodeCSV(flow.EncodeCSV(b, headOf(c.columns)), table.Options{})
		if err != nil {
			t.Fatal(err)
		}
		back, err := read.Points(read.Names())
		if err != nil || back.Len() != 1 || (read.Names()[0] != "0") != c.head {
			t.Errorf("%v: read back as %v with columns %v: %v", c.columns, back, read.Names(), err)
		}
	}
}

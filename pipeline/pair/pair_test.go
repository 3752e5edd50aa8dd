package pair_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/table"
	"flowsweep/pipeline/pair"
)

func decode(t *testing.T, name, content string) pair.File {
	t.Helper()
	read, err := table.Decode(name, []byte(content), table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return pair.File{Path: name, Table: read}
}

func value(t *testing.T, p pair.Pair, m metric.Metric) float64 {
	t.Helper()
	rows, err := p.Compare([]metric.Metric{m}, metric.MinPermutations, 1)
	if err != nil || rows[0].Error != "" {
		t.Fatal(err, rows)
	}
	return float64(rows[0].All.Value)
}

// TestPublishedSplits: training and test rows of iris and wine, as files with the class as words, are as far apart as POT 0.9 finds. The
// means over three splits are .23614 and 1.44042 (ForestDiffusion's W1_test of the training rows themselves).
func TestPublishedSplits(t *testing.T) {
	t.Parallel()
	for name, mean := range map[string]float64{"iris": .23614, "wine": 1.44042} {
		content, err := os.ReadFile("../../experiments/target/datasets/" + name + ".csv")
		if err != nil {
			t.Fatal(err)
		}
		known, err := os.ReadFile("../../experiments/metric/testdata/table/" + name + "-w1.json")
		if err != nil {
			t.Fatal(err)
		}
		var splits struct {
			W1   []float64
			Test [][]int
		}
		if err := json.Unmarshal(known, &splits); err != nil {
			t.Fatal(err)
		}
		head, rows, _ := strings.Cut(strings.TrimSpace(string(content)), "\n")
		total := 0.
		for k, test := range splits.Test {
			parts := [2]string{head, head}
			for i, row := range strings.Split(rows, "\n") {
				to := 0
				if slices.Contains(test, i) {
					to = 1
				}
				parts[to] += "\n" + row
			}
			p, err := pair.Of(decode(t, "train.csv", parts[0]), decode(t, "test.csv", parts[1]), nil, k == 1) // standardising must not matter
			if err != nil {
				t.Fatal(err)
			}
			got := value(t, p, metric.W1Table)
			if math.Abs(got-splits.W1[k]) > 1e-9 { // both solve a linear programme in floats
				t.Errorf("%s, split %d: w1-table is %.12g, want %.12g", name, k, got, splits.W1[k])
			}
			total += got / float64(len(splits.W1))
		}
		if math.Abs(total-mean) > 1e-5 { // the published digits
			t.Errorf("%s: the mean is %.6f, want %.5f", name, total, mean)
		}
	}
}

// TestPointsOfTables: metrics of points see numbers as they stand, whatever their kind, and two categories 1/sqrt(2) apart. Incomes are
// skewed, so that a net would learn their logs. Where all are 1 higher, w1 is 1; where half of the rows have a category that the others do
// not, half of 1/sqrt(2).
func TestPointsOfTables(t *testing.T) {
	t.Parallel()
	people := func(raise float64, regions ...string) pair.File {
		text := "income,region"
		for i := range 60 {
			text += fmt.Sprintf("\n%.17g,%s", math.Exp(float64(i)/10)+raise, regions[i%2])
		}
		return decode(t, "people.csv", text)
	}
	for _, c := range []struct {
		samples pair.File
		want    float64
		regions []string
	}{
		{people(1, "north", "south"), 1, []string{"north", "south"}},
		{people(0, "north", "west"), math.Sqrt(.5) / 2, []string{"north", "south", "west"}},
	} {
		p, err := pair.Of(people(0, "north", "south"), c.samples, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		if income, regions := p.Columns[0].Kind.Name, p.Columns[1].Kind.Categories; income != kinds.Positive.Name || !slices.Equal(regions, c.regions) {
			t.Errorf("incomes are %s, and regions %v", income, regions)
		}
		if got := value(t, p, metric.W1); math.Abs(got-c.want) > 1e-9 { // sums of 60 differences of up to 400
			t.Errorf("w1 is %.12g, want %.12g", got, c.want)
		}
	}
}

// TestPlainNumbersStay: files of numbers alone are compared as they stand, without a copy of another kind.
func TestPlainNumbersStay(t *testing.T) {
	t.Parallel()
	x, y := flow.NewBatch(40, 3), flow.NewBatch(30, 3)
	flow.NewStream(1, "x").Normal(x, 0)
	flow.NewStream(1, "y").Normal(y, 0)
	p, err := pair.Of(pair.File{Path: "x", Table: table.Of(x)}, pair.File{Path: "y", Table: table.Of(y)}, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Plain() || !slices.Equal(p.Reference.Points.Data, x.Data) || !slices.Equal(p.Samples.Points.Data, y.Data) || len(p.Notes)+len(p.Warnings) > 0 {
		t.Errorf("%+v", p)
	}
}

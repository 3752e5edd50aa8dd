package pipeline

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments/flow"
	"flowsweep/pipeline/command"
	"flowsweep/store"
)

// densityCase is a column of values of normal numbers z.
type densityCase struct {
	scaling, kind string
	value         func(z float64) float64
}

// TestDensitiesIntegrateToOne: the densities of a net of standardised data have the integral 1 in the units of the file, as
// those of any flow have, whatever it has learned and of whatever kind the column is. The grid of 20,000 points reaches 8 standard deviations, and the densities of
// this small net vary over about one; on the scale of ranks they jump at the rows, so the grid is fine.
func TestDensitiesIntegrateToOne(t *testing.T) {
	t.Parallel()
	line := func(z float64) float64 { return 30*z - 700 }
	for _, c := range []densityCase{
		{"true", "real", line},
		{"quantile", "real", line},
		{"true", "positive", func(z float64) float64 { return math.Exp(z/2 + 3) }},
		{"false", "{bounded: [-4, 6]}", func(z float64) float64 { return -4 + 10/(1+math.Exp(-z)) }},
	} {
		t.Run(c.scaling+" "+c.kind, func(t *testing.T) {
			t.Parallel()
			densitiesIntegrateToOne(t, c)
		})
	}
}

func densitiesIntegrateToOne(t *testing.T, c densityCase) {
	t.Helper()
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	const reach, steps = 8., 20_000
	z := flow.NewBatch(60, 1)
	for i := range z.Data { // no two rows so close that the grid misses the peak of the density between them
		z.Data[i] = c.value(math.Sqrt2 * math.Erfinv((2*float64(i)+1)/60-1))
	}
	rows := z
	must(t, os.WriteFile(at("rows.csv"), flow.EncodeCSV(rows, []string{"depth"}), 0o644))
	must(t, os.WriteFile(at("own.yaml"), []byte("name: own\ntarget: {file: rows.csv, columns: {depth: "+c.kind+"}, standardise: "+c.scaling+"}\nnet: {width: 8, depth: 1, activation: silu}\n"+
		"train: {steps: 100, batch: 32, rate: 1e-2}\nsample: {solver: heun, steps: 2, count: 20}\nmetrics: sliced-w2\n"), 0o644))
	a := &app{App: &command.App{Stdout: new(strings.Builder), Stderr: new(strings.Builder), Now: time.Now, DB: at("runs.db")}}
	must(t, a.sweep(t.Context(), at("own.yaml"), sweepFlags{out: at("out"), workers: 1}))
	key := ""
	must(t, a.WithStore(t.Context(), func(db *store.DB) error {
		sweep, err := db.Sweep(t.Context(), "own")
		if err == nil {
			key = sweep.Results[0].Run
		}
		return err
	}))
	var grid strings.Builder
	grid.WriteString("id,depth\n")
	edge := func(i float64) float64 { return c.value(reach * (2*i/steps - 1)) }
	for i := range steps {
		fmt.Fprintf(&grid, "p%d,%.12g\n", i, edge(float64(i)+.5))
	}
	must(t, os.WriteFile(at("grid.csv"), []byte(grid.String()), 0o644))
	must(t, call(a, "logp", "--run", key, "--out", at("logp.npy"), at("grid.csv")))
	content, err := os.ReadFile(at("logp.npy"))
	must(t, err)
	logp, err := flow.DecodeNPY(content)
	must(t, err)
	sum := 0.
	for i, l := range logp.Data {
		sum += math.Exp(l) * (edge(float64(i)+1) - edge(float64(i)))
	}
	if logp.Len() != steps || math.Abs(sum-1) > .005 { // what lies outside, and the rounding of the net
		t.Errorf("%d densities have the integral %.5f, want 1", logp.Len(), sum)
	}
}

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
	"flowsweep/store"
)

// TestDensitiesIntegrateToOne: the densities of a net of standardised data have the integral 1 in the units of the file, as
// those of any flow have, whatever it has learned. The grid of 400 points reaches 8 standard deviations, and the densities of
// this small net vary over about one.
func TestDensitiesIntegrateToOne(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	const middle, width, reach, steps = -700., 30., 8., 400
	z := flow.NewBatch(60, 1)
	flow.NewStream(5, "rows").Normal(z, 0)
	rows := flow.Affine{Scale: []float64{width}, Shift: []float64{middle}}.Apply(z)
	must(t, os.WriteFile(at("rows.csv"), flow.EncodeCSV(rows, []string{"depth"}), 0o644))
	must(t, os.WriteFile(at("own.yaml"), []byte("name: own\ntarget: {file: rows.csv}\nnet: {width: 8, depth: 1, activation: silu}\n"+
		"train: {steps: 100, batch: 32, rate: 1e-2}\nsample: {solver: heun, steps: 2, count: 20}\nmetrics: sliced-w2\n"), 0o644))
	a := &app{stdout: new(strings.Builder), stderr: new(strings.Builder), now: time.Now, db: at("runs.db")}
	must(t, a.sweep(t.Context(), at("own.yaml"), sweepFlags{out: at("out"), workers: 1}))
	key := ""
	must(t, a.withStore(t.Context(), func(db *store.DB) error {
		sweep, err := db.Sweep(t.Context(), "own")
		if err == nil {
			key = sweep.Results[0].Run
		}
		return err
	}))
	var grid strings.Builder
	grid.WriteString("id,depth\n")
	for i := range steps {
		fmt.Fprintf(&grid, "p%d,%g\n", i, middle+width*reach*(2*(float64(i)+.5)/steps-1))
	}
	must(t, os.WriteFile(at("grid.csv"), []byte(grid.String()), 0o644))
	must(t, a.logp(t.Context(), at("grid.csv"), logpFlags{run: key, out: at("logp.npy")}))
	content, err := os.ReadFile(at("logp.npy"))
	must(t, err)
	logp, err := flow.DecodeNPY(content)
	must(t, err)
	sum := 0.
	for _, l := range logp.Data {
		sum += math.Exp(l) * 2 * width * reach / steps
	}
	if logp.Len() != steps || math.Abs(sum-1) > .005 { // what lies outside, and the rounding of the net
		t.Errorf("%d densities have the integral %.5f, want 1", logp.Len(), sum)
	}
}

package job

import (
	"maps"
	"slices"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/metric"
)

// TestStoppedTraining stops a training at rungs, measures it there, and goes on: in the end weights and loss curve are those of one that
// never stopped, to the bit.
func TestStoppedTraining(t *testing.T) {
	t.Parallel()
	fit := plan(t, resumable).Fits[0]
	whole := try(t, fit, nil, 0, 0, false)
	losses := map[int]float64{}
	var a attempt
	for _, stop := range []int{10, 100, 1000, 0} {
		last := a.last
		a = attempt{last: last, losses: map[int]float64{}}
		j := Job{Fit: fit, Engine: engine.Go, Stop: stop, Now: func() time.Time { return time.Unix(0, 0) }}
		if last != nil {
			content, err := last.content()
			if err != nil {
				t.Fatal(err)
			}
			j.Step, j.Checkpoint = last.step, content
		}
		got, err := Train(t.Context(), j, &witness{T: t, attempt: &a, from: last, job: j, deaf: func() bool { return false }})
		if err != nil {
			t.Fatal(err)
		}
		a.weights = got.Weights
		maps.Copy(losses, a.losses)
		if stop > 0 && (!slices.Equal(a.saved, []int{stop}) || slices.Equal(a.weights, whole.weights)) {
			t.Errorf("stopped after step %d: saved at %v, or with the last weights", stop, a.saved)
		}
		if stop > 0 {
			again, err := Train(t.Context(), Job{Fit: fit, Engine: engine.Go, Stop: stop, Step: stop, Checkpoint: contentOf(t, a.last), Now: j.Now}, &witness{T: t, attempt: &attempt{losses: map[int]float64{}}, job: j, deaf: func() bool { return true }})
			if err != nil || !slices.Equal(again.Weights, a.weights) {
				t.Errorf("the checkpoint after step %d has other weights (%v)", stop, err)
			}
		}
	}
	if !slices.Equal(a.weights, whole.weights) || !maps.Equal(losses, whole.losses) {
		t.Errorf("after three stops the weights or %d points are others", len(losses))
	}
}

func contentOf(t *testing.T, c *checkpoint) []byte {
	t.Helper()
	content, err := c.content()
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// TestRungValue: the excess loss is that of the metric, and held-out-loss is the excess plus the floor where no rows are held out.
func TestRungValue(t *testing.T) {
	t.Parallel()
	fit := plan(t, resumable).Fits[0]
	weights := try(t, fit, nil, 0, 0, false).weights
	at := experiments.RungMetric{Name: metric.ExcessLoss.Name, Seed: 3}
	excess, err := RungValue(engine.Go, fit, weights, at)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(engine.Go, fit, weights, at.Seed)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if want, err := metric.ExcessLoss.OfNet(f.metricModel(f.whole(0))); err != nil || want.Value != excess {
		t.Errorf("excess-loss %g, want %g (%v)", excess, want.Value, err)
	}
	at.Name = metric.HeldOutLoss.Name
	lost, err := RungValue(engine.Go, fit, weights, at)
	if err != nil || lost < excess {
		t.Errorf("held-out-loss %g, want more than the excess %g (%v)", lost, excess, err)
	}
}

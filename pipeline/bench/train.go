package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/velocity"
	"flowsweep/pipeline/job"
)

// trainSpeed is a row of `flowsweep bench train --json`.
type trainSpeed struct {
	Case    string  `json:"case"`
	Engine  string  `json:"engine"`
	Threads int     `json:"threads"`
	MsStep  float64 `json:"ms_per_step"`
	GFlops  float64 `json:"gflops"`      // of the step's matrix products
	Peak    float64 `json:"peak_gflops"` // of one large matrix product on the same engine and threads, in the same run
}

func measureTrain(ctx context.Context, o Options) (any, func(w io.Writer), error) {
	rows, err := benchTrain(ctx, o.Time)
	return rows, func(w io.Writer) {
		fmt.Fprintln(w, "case\tengine\tthreads\tms/step\tGFLOP/s\tpeak\tof peak\t")
		for _, r := range rows {
			fmt.Fprintf(w, "%s\t%s\t%d\t%.3f\t%.1f\t%.1f\t%.0f %%\t\n", r.Case, r.Engine, r.Threads, r.MsStep, r.GFlops, r.Peak, 100*r.GFlops/r.Peak)
		}
	}, err
}

func benchTrain(ctx context.Context, d time.Duration) (rows []trainSpeed, err error) {
	err = eachCase(func(e engine.Engine, name string, fit experiments.Fit) error {
		net := fit.Recipe.VelocityNet()
		before, err := peak(e, d)
		if err != nil {
			return err
		}
		seconds, err := stepSeconds(ctx, e, fit, d)
		if err != nil {
			return err
		}
		after, err := peak(e, d)
		if err != nil {
			return err
		}
		rows = append(rows, trainSpeed{
			Case: name, Engine: e.Name, Threads: e.Threads, MsStep: 1e3 * seconds,
			GFlops: net.StepFlops(fit.Recipe.Train.Batch) / seconds / 1e9, Peak: (before + after) / 2 / 1e9,
		})
		return nil
	})
	return rows, err
}

// peak measures the engine's peak. It runs before and after each case, since the speed of a machine drifts.
func peak(e engine.Engine, d time.Duration) (float64, error) {
	size := 2048
	if e.Name == engine.Go.Name {
		size = 1024 // far slower, and no faster for larger ones
	}
	return e.Peak(size, d/2)
}

// errEnough ends a training once it has been measured.
var errEnough = errors.New("measured")

// stepSeconds returns the mean time of a training step, measured for about d after a first step to warm up.
func stepSeconds(ctx context.Context, e engine.Engine, fit experiments.Fit, d time.Duration) (seconds float64, err error) {
	fit.Recipe.Train.Steps = 1 << 30
	net := fit.Recipe.VelocityNet()
	t := fit.Recipe.Train
	training := velocity.Training{Steps: t.Steps, Batch: t.Batch, Ahead: runtime.GOMAXPROCS(0) > 1, Optimizer: velocity.Optimizer{Rate: t.Rate}}
	var start time.Time
	_, err = velocity.Train(ctx, e, net, training, 0, fit.Recipe.Path, job.Pairs(fit), func(step int, _ float64) error {
		if step == 1 {
			start = time.Now()
			return nil
		}
		if passed := time.Since(start); passed > d {
			seconds = passed.Seconds() / float64(step-1)
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return seconds, err
}

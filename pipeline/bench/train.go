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
	Weights int     `json:"weights"`
	Steps   int     `json:"steps"` // that were taken, the first of which is not timed
	MsStep  float64 `json:"ms_per_step"`
	Loss    float64 `json:"loss"`        // the mean of the second half of the steps
	GFlops  float64 `json:"gflops"`      // of the step's matrix products
	Peak    float64 `json:"peak_gflops"` // of one large matrix product on the same engine and threads, in the same run
}

func measureTrain(ctx context.Context, o Options) (any, func(w io.Writer), error) {
	rows, err := benchTrain(ctx, o)
	return rows, func(w io.Writer) {
		fmt.Fprintln(w, "case\tengine\tthreads\tms/step\tGFLOP/s\tpeak\tof peak\t")
		for _, r := range rows {
			fmt.Fprintf(w, "%s\t%s\t%d\t%.3f\t%.1f\t%.1f\t%.0f %%\t\n", r.Case, r.Engine, r.Threads, r.MsStep, r.GFlops, r.Peak, 100*r.GFlops/r.Peak)
		}
	}, err
}

func benchTrain(ctx context.Context, o Options) (rows []trainSpeed, err error) {
	err = o.eachCase(func(e engine.Engine, name string, fit experiments.Fit) error {
		net := fit.Recipe.VelocityNet()
		if o.Threads > 0 {
			e = job.EngineFor(e.WithThreads(1), fit, o.Threads) // as many of the cores as a sweep lets it use
		}
		before, err := peak(e, o.Time)
		if err != nil {
			return err
		}
		seconds, losses, err := stepSeconds(ctx, e, fit, o)
		if err != nil {
			return err
		}
		after, err := peak(e, o.Time)
		if err != nil {
			return err
		}
		rows = append(rows, trainSpeed{
			Case: name, Engine: e.Name, Threads: e.Threads, Weights: net.Size(), Steps: len(losses), MsStep: 1e3 * seconds,
			Loss:   mean(losses[len(losses)/2:]),
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

// stepSeconds returns the mean time of a training step, measured for about the time or the steps of the options after a first
// step to warm up, and the loss of every step.
func stepSeconds(ctx context.Context, e engine.Engine, fit experiments.Fit, o Options) (seconds float64, losses []float64, err error) {
	fit.Recipe.Train.Steps = 1 << 30
	net := fit.Recipe.VelocityNet()
	t := fit.Recipe.Train
	training := velocity.Training{Steps: t.Steps, Batch: t.Batch, Ahead: runtime.GOMAXPROCS(0) > 1, Optimizer: velocity.Optimizer{Rate: t.Rate}}
	var start time.Time
	_, err = velocity.Train(ctx, e, net, training, 0, fit.Recipe.Path, job.Pairs(fit), func(step int, loss float64) error {
		losses = append(losses, loss)
		if step == 1 {
			start = time.Now()
			return nil
		}
		passed := time.Since(start)
		if o.Steps == 0 && passed > o.Time || step == o.Steps {
			seconds = passed.Seconds() / float64(step-1)
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return seconds, losses, err
}

func mean(values []float64) float64 {
	sum := 0.
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

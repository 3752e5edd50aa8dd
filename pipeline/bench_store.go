package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"flowsweep/store"
)

// measureStore measures a new store beside the one of --db, on the same disk, and removes it.
func measureStore(ctx context.Context, a *app, d time.Duration) (any, func(w io.Writer), error) {
	folder, err := os.MkdirTemp(filepath.Dir(a.db), "flowsweep-bench-")
	if err != nil {
		return nil, nil, fmt.Errorf("make a folder to measure in: %w", err)
	}
	speed, err := store.Bench(ctx, folder, d)
	return speed, func(w io.Writer) {
		fmt.Fprintln(w, "points/s\tlimit\tof limit\truns/s\t")
		fmt.Fprintf(w, "%.0f\t%.0f\t%.0f %%\t%.0f\t\n", speed.PointsPerSecond, speed.PointsLimit,
			100*speed.PointsPerSecond/speed.PointsLimit, speed.RunsPerSecond)
	}, errors.Join(err, os.RemoveAll(folder))
}

package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"flowsweep/experiments/disk"
	"flowsweep/store"
)

// measureStore measures a temporary store on the same disk as the one in the options.
func measureStore(ctx context.Context, o Options) (any, func(w io.Writer), error) {
	folder, err := disk.NewPartial(filepath.Dir(o.Store)) // removed by the next command if this one is killed
	if err != nil {
		return nil, nil, fmt.Errorf("make a folder to measure in: %w", err)
	}
	speed, err := store.Bench(ctx, folder.Path(""), o.Time)
	return speed, func(w io.Writer) {
		fmt.Fprintln(w, "points/s\tlimit\tof limit\truns/s\t")
		fmt.Fprintf(w, "%.0f\t%.0f\t%.0f %%\t%.0f\t\n", speed.PointsPerSecond, speed.PointsLimit,
			100*speed.PointsPerSecond/speed.PointsLimit, speed.RunsPerSecond)
	}, errors.Join(err, folder.Close())
}

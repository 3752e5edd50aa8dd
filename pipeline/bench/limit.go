package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"flowsweep/experiments"
	"flowsweep/store"
)

// limitFits is how many parts at most the limit is measured with: a quarter of the fits, if they are few.
const limitFits = 100

// limit measures how fast a store of the same plan takes in parts, with nothing else to do.
func (c *crewBench) limit(ctx context.Context, s *CrewSpeed) (err error) {
	db, err := store.Open(ctx, filepath.Join(c.folder, "limit.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Lock(ctx, "bench", time.Now, nil); err != nil {
		return err
	}
	if err := db.StartSweep(ctx, c.plan, experiments.Environment{}, time.Now()); err != nil {
		return err
	}
	t, err := openTemplate(ctx, c.template(), c.plan.Fits[0], filepath.Join(c.folder, "empty.db"))
	if err != nil {
		return err
	}
	fits, took := c.plan.Fits[:min(limitFits, (len(c.plan.Fits)+3)/4)], time.Duration(0)
	for _, fit := range fits {
		path := filepath.Join(c.folder, fit.Key+".db")
		if err := t.write(ctx, path, fit); err != nil {
			return err
		}
		start := time.Now()
		taken, err := db.Take(ctx, path, fit.Key)
		took += time.Since(start)
		if err != nil || taken.Fits != 1 || taken.Runs != len(sampled(fit)) {
			return errors.Join(err, fmt.Errorf("a part of fit %s was taken as %d fits and %d runs", fit.Key, taken.Fits, taken.Runs))
		}
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	s.Take, s.Limit = 1000*took.Seconds()/float64(len(fits)), float64(len(fits))/took.Seconds()
	return nil
}

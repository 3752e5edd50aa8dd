// Package tensorboard writes sweeps as event files that TensorBoard shows.
//
//	err := tensorboard.Write(ctx, dir, dir, sweeps)
//
// A run has a folder, sweep/setting/seed, with its losses by step, its metrics, a picture of its samples and what it is. In the table of
// hyperparameters a setting is a row, and its runs are the sessions that TensorBoard averages.
package tensorboard

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"flowsweep/export/tracked"
)

// Write writes the folders of sweeps into a folder, which is empty.
func Write(ctx context.Context, folder, _ string, sweeps []tracked.Sweep) error {
	t := tableOf(sweeps)
	for _, s := range sweeps {
		if err := t.sweep(ctx, filepath.Join(folder, name(s.Name)), s); err != nil {
			return err
		}
	}
	return nil
}

// sweep writes the folder of a sweep.
func (t table) sweep(ctx context.Context, folder string, s tracked.Sweep) error {
	about := event(s.Started, 0, t.summary(s.Name, s.Started), note("spec", "```yaml\n"+string(s.Spec)+"\n```"))
	if err := write(folder, s.Started, []message{about}); err != nil {
		return err
	}
	fits := map[string]tracked.Fit{}
	for _, f := range s.Fits {
		fits[f.Key] = f
	}
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(runtime.GOMAXPROCS(0)) // most of the time goes into pictures
	for i, group := range groupsOf(s.Settings) {
		for _, r := range s.Settings[i].Runs {
			if r.State == "queued" { // there is nothing to show
				continue
			}
			all.Go(func() error {
				if err := ctx.Err(); err != nil {
					return err
				}
				fit := fits[r.Fit]
				events, err := t.run(s, s.Settings[i], r, fit, name(s.Name)+"/"+group)
				if err != nil {
					return err
				}
				return write(filepath.Join(folder, group, "seed "+strconv.FormatUint(r.Seed, 10)), fit.Start, events)
			})
		}
	}
	return all.Wait()
}

// groupsOf returns the folders of settings: their labels, with the number of the setting where what is left of a label in a path is
// empty or taken.
func groupsOf(settings []tracked.Setting) []string {
	groups, taken := make([]string, len(settings)), map[string]bool{}
	for i, s := range settings {
		group := name(s.Label)
		for group == "" || taken[strings.ToLower(group)] { // some disks take no notice of case
			group = name(fmt.Sprintf("%d %s", i, group))
		}
		taken[strings.ToLower(group)], groups[i] = true, group
	}
	return groups
}

// write writes an event file into a folder of its own.
func write(folder string, at time.Time, events []message) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	// TensorBoard knows event files by their names.
	path := filepath.Join(folder, fmt.Sprintf("events.out.tfevents.%010d.flowsweep.v2", max(0, at.Unix())))
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(file)
	for _, e := range append([]message{version(at)}, events...) {
		if err = writeRecord(w, e); err != nil {
			break
		}
	}
	if err == nil {
		err = w.Flush()
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	return err // which names the file
}

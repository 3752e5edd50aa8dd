//go:build unix

package serve_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// costSpec is a sweep of about a minute on two cores, with a page of some size.
const costSpec = `name: cost
target: moons
net: {width: [16, 32], depth: 3}
train: {steps: 6000, batch: 256}
seeds: 8
sample: {solver: [euler, midpoint, heun, rk4], steps: [1, 2, 4, 8, 16, 32], count: 1000}
reference: {count: 1000}
metrics: [mmd, sliced-w2]
`

// TestCost times a sweep with and without 50 readers of its page, in turn. It asks nothing of the times, which only a machine with nothing
// else to do can tell, and is run by `task serve-cost`.
func TestCost(t *testing.T) {
	pairs, _ := strconv.Atoi(os.Getenv("FLOWSWEEP_SERVE_COST"))
	if pairs == 0 {
		t.Skip("FLOWSWEEP_SERVE_COST is not set to a number of pairs")
	}
	var ratios []float64
	for i := range pairs {
		var took [2]time.Duration
		for j := range 2 {
			which := (i + j) % 2
			took[which] = timeSweep(t, which == 1)
		}
		ratios = append(ratios, took[1].Seconds()/took[0].Seconds())
		t.Logf("alone %.1f s, with 50 readers %.1f s: %+.1f %%", took[0].Seconds(), took[1].Seconds(), 100*(ratios[i]-1))
	}
	slices.Sort(ratios)
	t.Logf("the median of %d pairs: %+.1f %%", pairs, 100*(ratios[(pairs-1)/2]+ratios[pairs/2]-2)/2)
}

// timeSweep returns the time of a sweep in a new store, with readers of its page or without.
func timeSweep(t *testing.T, watched bool) time.Duration {
	t.Helper()
	dir, _ := storeIn(t)
	must(t, os.WriteFile(filepath.Join(dir, "cost.yaml"), []byte(costSpec), 0o644))
	sweep := program(dir, "sweep", "cost.yaml")
	begun := time.Now()
	must(t, sweep.Start())
	if !watched {
		must(t, sweep.Wait())
		return time.Since(begun)
	}
	p := begin(t, dir, "--listen", "127.0.0.1:0")
	ctx, stop := context.WithCancel(t.Context())
	versions := readAll(ctx, p.url+"/sweep/cost", 50)
	must(t, sweep.Wait())
	took := time.Since(begun)
	stop()
	n := versions()
	p.interrupt(t)
	used := p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
	t.Logf("each reader got %.1f versions; the server used %.1f s of the processor in %.1f s: %.1f %% of a core", float64(n)/50, used.Seconds(), took.Seconds(), 100*used.Seconds()/took.Seconds())
	return took
}

// readAll has so many readers watch a page and get each of its versions, and returns what waits for them and counts these.
func readAll(ctx context.Context, url string, readers int) (versions func() int) {
	var group sync.WaitGroup
	var mu sync.Mutex
	n := 0
	get := func() {
		r, _ := http.NewRequestWithContext(ctx, http.MethodGet, url, nil) // the URL is fine
		r.Header.Set("Accept-Encoding", "gzip")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return
		}
		defer answer.Body.Close()
		_, _ = io.Copy(io.Discard, answer.Body)
		mu.Lock()
		defer mu.Unlock()
		n++
	}
	for range readers {
		group.Go(func() {
			for ctx.Err() == nil {
				err := watching(ctx, url, func(e event) error {
					if e.name == "version" {
						get()
					}
					return nil
				})
				if err != nil && strings.Contains(err.Error(), "404") {
					time.Sleep(100 * time.Millisecond) // the sweep has not begun
				}
			}
		})
	}
	return func() int {
		group.Wait()
		return n
	}
}

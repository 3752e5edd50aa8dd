package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestCrewSoak kills the host and its two workers at random moments, and starts them again. After each kill the store must be undamaged
// and hold every result that was ever seen as finished; at the end it must be bit-identical to that of one machine.
func TestCrewSoak(t *testing.T) {
	t.Parallel()
	kills := 12
	if testing.Short() {
		kills = 3
	}
	if n, err := strconv.Atoi(os.Getenv(soakVariable)); err == nil {
		kills = n
	}
	c := newCrew(t, "")
	seeds, killed, started := 2, 0, 0
	c.longer(seeds, 60000)
	random := rand.New(rand.NewPCG(3, 4))
	all := []*process{c.host(), nil, nil}
	var gone []*process
	start := func(i int) {
		if i == 0 {
			all[0] = c.host()
			return
		}
		started++
		all[i] = c.worker(fmt.Sprintf("worker%d", started))
	}
	start(1)
	start(2)
	for killed < kills {
		wait := time.Duration(random.Float64() * float64(soakPause))
		select {
		case err := <-all[0].exit: // the sweep is done
			if err != nil {
				t.Fatalf("the host ends with %v: %s", err, all[0].said)
			}
			for i := 1; i < 3; i++ {
				c.over(all[i])
				gone = append(gone, all[i])
			}
			c.check("runs.db")
			seeds += 2
			c.longer(seeds, 60000)
			for i := range all {
				start(i)
			}
		case <-time.After(wait):
			victim := random.IntN(3)
			c.kill9(all[victim])
			gone = append(gone, all[victim])
			killed++
			if victim == 0 {
				c.check("runs.db")
			}
			start(victim)
		}
	}
	c.ends(all[0], 0)
	for _, w := range all[1:] {
		c.over(w)
		gone = append(gone, w)
	}
	c.equal()
	times, again := trained(gone...), 0
	for _, n := range times {
		again += n - 1
	}
	text := ""
	for _, p := range gone {
		text += p.said.String()
	}
	t.Logf("%d kills, %d seeds, %d fits trained, %d of them more than once; training went on from a checkpoint %d times", kills, seeds, len(times), again,
		strings.Count(text, "goes on from step"))
}

// soakPause is the longest time between two kills.
const soakPause = 3 * time.Second

// longer writes the spec with more training steps.
func (c *crewFolder) longer(seeds, steps int) {
	c.Helper()
	c.write("soak.yaml", strings.Replace(fmt.Sprintf(soakSpec, seeds), "steps: 8000", fmt.Sprintf("steps: %d", steps), 1))
}

// kill9 kills a process, and waits for its end.
func (c *crewFolder) kill9(p *process) {
	c.Helper()
	if err := p.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		c.Fatal(err)
	}
	<-p.exit
}

// over waits for a worker whose sweep is over. One that looks for its host just then waits in vain, and is killed.
func (c *crewFolder) over(p *process) {
	c.Helper()
	select {
	case err := <-p.exit:
		if err != nil {
			c.Errorf("a worker ends with %v: %s", err, p.said)
		}
	case <-time.After(5 * time.Second):
		c.kill9(p)
	}
}

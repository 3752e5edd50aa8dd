//go:build unix

package main

import (
	"os"
	"syscall"
	"testing"
	"time"
)

// TestCrewSuspended suspends a worker for longer than a host waits for it. Another one goes on; when the first one wakes, what it
// sends is the same, and changes nothing.
func TestCrewSuspended(t *testing.T) {
	t.Parallel()
	c := newCrew(t, "")
	c.longer(1, 40000)
	c.silence = "1s"
	host := c.host()
	one := c.worker("one")
	c.steps("runs.db")
	c.signal(one, syscall.SIGSTOP)
	two := c.worker("two")
	c.says(host, "machine one is silent")
	c.says(two, `goes on from step [1-9]\d* of 40000`)
	c.signal(one, syscall.SIGCONT)
	c.ends(host, 0)
	c.ends(two, 0)
	c.over(one)
	c.equal()
}

func (c *crewFolder) signal(p *process, s os.Signal) {
	c.Helper()
	if err := p.Process.Signal(s); err != nil {
		c.Fatal(err)
	}
}

// TestCrewHostSuspended suspends the host for longer than it waits for workers: they train on meanwhile, and nothing is trained twice.
func TestCrewHostSuspended(t *testing.T) {
	t.Parallel()
	c := newCrew(t, "")
	c.longer(2, 60000)
	c.silence = "1s"
	host := c.host()
	one, two := c.worker("one"), c.worker("two")
	c.steps("runs.db")
	c.signal(host, syscall.SIGSTOP)
	time.Sleep(2 * time.Second)
	c.signal(host, syscall.SIGCONT)
	c.ends(host, 0)
	c.ends(one, 0)
	c.ends(two, 0)
	for fit, n := range trained(one, two) {
		if n != 1 {
			t.Errorf("fit %s is trained %d times", fit, n)
		}
	}
	c.equal()
}

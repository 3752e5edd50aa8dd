package losses

import (
	"testing"
	"time"

	"flowsweep/experiments"
)

// TestLogBlocks checks that training waits for a stalled disk once very many losses are pending, and that nothing is
// lost: each loss is written once, and the losses of a fit in order.
func TestLogBlocks(t *testing.T) {
	t.Parallel()
	var written []Row
	stuck, moves := make(chan struct{}, 1), make(chan struct{})
	l := NewLog(func(batch []Row) error {
		if len(batch) > maxBatch {
			t.Errorf("%d losses in one transaction, at most %d", len(batch), maxBatch)
		}
		select {
		case stuck <- struct{}{}:
		default:
		}
		<-moves
		written = append(written, batch...)
		return nil
	})
	fits := []string{"b", "a"}
	log := func(n int) { l.Add(fits[n%2], []experiments.Loss{{Step: n / 2}}) }
	log(0)
	<-stuck // the first batch is being written
	const total = maxPending + 1000
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := 1; n < total; n++ {
			log(n)
		}
	}()
	select {
	case <-done:
		t.Fatal("log accepted more losses than may be pending")
	case <-time.After(300 * time.Millisecond): // filling up takes a tenth of that
	}
	close(moves)
	<-done
	if err := l.Stop(); err != nil {
		t.Fatal(err)
	}
	if len(written) != total {
		t.Fatalf("%d of %d losses were written", len(written), total)
	}
	next := map[string]int{}
	for _, r := range written {
		if r.Loss.Step != next[r.Fit] {
			t.Fatalf("fit %s: got step %d, want %d", r.Fit, r.Loss.Step, next[r.Fit])
		}
		next[r.Fit]++
	}
	l.Add("a", []experiments.Loss{{}}) // after stop it neither blocks nor fails
}

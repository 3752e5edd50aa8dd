package store

import (
	"testing"
	"time"

	"flowsweep/experiments"
)

// A disk that stands still makes training wait once very much waits to be written, and then loses nothing: each loss is
// written once, those of a fit in the order they came.
func TestLossLogHoldsBack(t *testing.T) {
	t.Parallel()
	var written []lossRow
	stuck, moves := make(chan struct{}, 1), make(chan struct{})
	l := newLossLog(func(batch []lossRow) error {
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
	log := func(n int) { l.log(fits[n%2], []experiments.Loss{{Step: n / 2}}) }
	log(0)
	<-stuck // the disk has the first
	const total = maxWaiting + 1000
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := 1; n < total; n++ {
			log(n)
		}
	}()
	select {
	case <-done:
		t.Fatal("more was taken than may wait")
	case <-time.After(300 * time.Millisecond): // filling up takes a tenth of it
	}
	close(moves)
	<-done
	if err := l.stop(); err != nil {
		t.Fatal(err)
	}
	if len(written) != total {
		t.Fatalf("written %d losses of %d", len(written), total)
	}
	next := map[string]int{}
	for _, r := range written {
		if r.loss.Step != next[r.fit] {
			t.Fatalf("fit %s: step %d comes where %d is due", r.fit, r.loss.Step, next[r.fit])
		}
		next[r.fit]++
	}
	l.log("a", []experiments.Loss{{}}) // after the end it neither waits nor fails
}

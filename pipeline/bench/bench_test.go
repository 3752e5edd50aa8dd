package bench

import (
	"errors"
	"testing"

	"flowsweep/experiments/metric"
)

// TestHeapPeak: 64 MB that are gone before the end are seen, and an error comes through.
func TestHeapPeak(t *testing.T) { // not in parallel: others' memory would count
	gone := errors.New("gone")
	peak, err := heapPeak(func() error {
		block := make([]byte, 64<<20)
		block[len(block)-1] = 1
		if block[0] == 1 {
			return nil
		}
		return gone
	})
	// The rest of the program, and what is collected meanwhile, is small beside it.
	if err != gone || peak < 60<<20 || peak > 80<<20 {
		t.Errorf("peak %g bytes, %v, want 64 MB and the error", peak, err)
	}
}

// TestMMDNeedsNoMatrix: the distances of every two points are never there at once.
func TestMMDNeedsNoMatrix(t *testing.T) { // not in parallel: others' memory would count
	row, err := benchMetric(metric.MMD, 5000)
	if err != nil || row.N != 5000 || row.Dim != 2 || row.Metric != "mmd" || !(row.Seconds > 0) {
		t.Fatalf("%+v, %v", row, err)
	}
	// A matrix of float64 would be 200 MB. About 20 are the distances whose median is the bandwidth, however many points.
	if row.Heap > 60 {
		t.Errorf("mmd of 5000 and 5000 points took %g MB", row.Heap)
	}
}

package live

import "time"

// rate tells how fast something grows, over the last seconds.
type rate struct {
	marks []mark
	last  float64
}

type mark struct {
	at    time.Time
	value float64
}

// How far back a rate looks, and the least time between two marks: several readers may ask at any time.
const (
	rateSpan = 10 * time.Second
	rateStep = 400 * time.Millisecond
)

// at notes a value and returns the growth a second; 0 as long as that is not known.
func (r *rate) at(now time.Time, value float64) float64 {
	n := len(r.marks)
	if n > 0 && now.Sub(r.marks[n-1].at) < rateStep {
		return r.last
	}
	if n > 0 && value < r.marks[n-1].value { // it starts again
		r.marks = r.marks[:0]
	}
	r.marks = append(r.marks, mark{now, value})
	for len(r.marks) > 2 && now.Sub(r.marks[1].at) >= rateSpan {
		r.marks = r.marks[1:]
	}
	r.last = 0
	if first := r.marks[0]; now.After(first.at) {
		r.last = (value - first.value) / now.Sub(first.at).Seconds()
	}
	return r.last
}

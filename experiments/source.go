package experiments

import (
	"encoding/json"
	"fmt"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/target"
)

// Source is the distribution at t = 0: standard normal in the dimension of the target, or a target of that dimension.
type Source struct {
	From target.Target // without a name: N(0, I)
}

// Noise is N(0, I).
var Noise Source

// Gaussian reports whether the source is N(0, I), which the exact velocity, the score and the likelihood presume.
func (s Source) Gaussian() bool { return s.From.Name == "" }

// MarshalJSON returns the form of the source in a spec: "noise", or that of a target.
func (s Source) MarshalJSON() ([]byte, error) {
	if s.Gaussian() {
		return json.Marshal(noiseName)
	}
	return json.Marshal(s.From)
}

// Fill draws one point into each row of dst, (n, d); row i is the point of id first + i of the stream.
func (s Source) Fill(dst flow.Batch, stream *flow.Stream, first uint64) {
	if s.Gaussian() {
		stream.Normal(dst, first)
		return
	}
	s.From.Fill(dst, stream, first)
}

// check returns an error unless the source goes with a target and a path.
func (s Source) check(t target.Target, p flow.Path) error {
	switch {
	case s.Gaussian():
		return nil
	case s.From.Dim != t.Dim:
		return fmt.Errorf("the source %s has dimension %d and the target %s %d: give both the same", s.From.Name, s.From.Dim, t.Name, t.Dim)
	case p.Gaussian:
		return fmt.Errorf("the path %s starts from Gaussian noise: leave source out, or use another path", p.Name)
	default:
		return nil
	}
}

// noiseName stands for N(0, I) in a spec.
const noiseName = "noise"

package experiments

import (
	"encoding/json"
	"fmt"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/target"
)

// Source is the distribution at t = 0: standard normal noise, or a target of the same dimension as the target.
type Source struct {
	From target.Target // N(0, I) if it has no name
}

// Noise is N(0, I).
var Noise Source

// Gaussian reports whether the source is N(0, I), as the exact velocity, the score and the likelihood require.
func (s Source) Gaussian() bool { return s.From.Name == "" }

// MarshalJSON returns the form of the source in a spec: "noise", or a target.
func (s Source) MarshalJSON() ([]byte, error) {
	if s.Gaussian() {
		return json.Marshal(noiseName)
	}
	return json.Marshal(s.From)
}

// Fill draws one point into each row of dst, (n, d). Row i is the point with id first + i of the stream.
func (s Source) Fill(dst flow.Batch, stream *flow.Stream, first uint64) {
	if s.Gaussian() {
		stream.Normal(dst, first)
		return
	}
	s.From.Fill(dst, stream, first)
}

// check returns an error if the source cannot be used with a target and a path.
func (s Source) check(t target.Target, p flow.Path) error {
	switch {
	case s.Gaussian():
		return nil
	case s.From.Dim() != t.Dim():
		return fmt.Errorf("the source %s has dimension %d and the target %s %d: use the same for both", s.From.Name, s.From.Dim(), t.Name, t.Dim())
	case p.Gaussian:
		return fmt.Errorf("the path %s starts from Gaussian noise: leave source out, or use another path", p.Name)
	default:
		return nil
	}
}

// noiseName is the name of N(0, I) in a spec.
const noiseName = "noise"

package job

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// checkpoint is what an interrupted training resumes from: the state of the net and its optimiser, of the loss curve, and of
// the clock. Its encoding is a line of JSON followed by the net's part.
type checkpoint struct {
	Fit     string  `json:"fit"`            // its key
	Engine  string  `json:"engine"`         // the bits of another one are others
	Sum     float64 `json:"sum"`            // of the losses since the last point of the curve
	Count   int     `json:"count"`          // of these losses
	Start   float64 `json:"start,omitzero"` // see blast
	Seconds float64 `json:"seconds"`        // of training, over all its attempts
	step    int     // after which it was made
	net     []byte  // as velocity made it
}

// head returns what goes before the net's part, which is large and not copied.
func (c checkpoint) head() ([]byte, error) {
	line, err := json.Marshal(c)
	return append(line, '\n'), err
}

// decodeCheckpoint returns the checkpoint of a job, or nil if it has none. It is an error if the checkpoint does not belong
// to the job's fit and engine.
func decodeCheckpoint(j Job) (*checkpoint, error) {
	if j.Checkpoint == nil {
		return nil, nil
	}
	line, net, ok := bytes.Cut(j.Checkpoint, []byte("\n"))
	if !ok {
		return nil, errors.New("it is damaged: its first line does not end")
	}
	c := &checkpoint{step: j.Step, net: net}
	if err := json.Unmarshal(line, c); err != nil {
		return nil, fmt.Errorf("it is damaged: %w", err)
	}
	switch open := j.Step % curveSteps(j.Fit); {
	case c.Fit != j.Fit.Key:
		return nil, fmt.Errorf("it is of fit %q", c.Fit)
	case c.Engine != j.Engine.Name:
		return nil, fmt.Errorf("it was made with engine %s, and this is %s, which rounds differently", c.Engine, j.Engine.Name)
	case c.Count != open:
		return nil, fmt.Errorf("it holds the losses of %d steps after the last point of the curve, not of %d", c.Count, open)
	}
	return c, nil
}

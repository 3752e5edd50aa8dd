package flow

import (
	"encoding/json"
	"fmt"
	"testing"
)

// ExampleRowField_Guide guides a velocity that is 1 given nothing and 3 given something.
func ExampleRowField_Guide() {
	calls := 0
	u := RowField(func(_ []float64, x Batch) (Batch, error) {
		calls++
		v := NewBatch(x.Len(), 1)
		for i := range v.Data {
			v.Data[i] = 1 + 2*x.GivenTo(i)[0]
		}
		return v, nil
	})
	x := Batch{Dim: 1, Data: []float64{0, 0}, Given: []float64{1, 0}}
	for _, w := range []float64{0, 1, 2, -1} {
		calls = 0
		v, _ := u.Guide(Guided(w))([]float64{.5, .5}, x)
		fmt.Println("w", w, "velocities", v.Data, "calls", calls, Guided(w).Calls(), "of", x.Given)
	}
	// Output:
	// w 0 velocities [1 1] calls 1 1 of [1 0]
	// w 1 velocities [3 1] calls 1 1 of [1 0]
	// w 2 velocities [5 1] calls 2 2 of [1 0]
	// w -1 velocities [-1 1] calls 2 2 of [1 0]
}

// TestNoGuidanceIsNotThatOfZero: a weight of 0 has a JSON form of its own, where no guidance is left out.
func TestNoGuidanceIsNotThatOfZero(t *testing.T) {
	t.Parallel()
	type sampling struct {
		Guidance Guidance `json:"guidance,omitzero"`
	}
	for want, g := range map[string]Guidance{"{}": {}, `{"guidance":0}`: Guided(0), `{"guidance":2.5}`: Guided(2.5)} {
		if text, err := json.Marshal(sampling{g}); err != nil || string(text) != want {
			t.Errorf("%v is %s (%v), want %s", g, text, err, want)
		}
	}
	if n := (Guidance{}).Calls(); n != 1 {
		t.Errorf("no guidance takes %d calls", n)
	}
}

package flow

// Coupling says which noise point is trained towards which data point. Pair reorders x0, (n, d), in place against x1.
type Coupling struct {
	Name string
	Pair func(x0, x1 Batch) error
}

// Independent leaves the points as they were drawn: X0 and X1 are independent.
var Independent = Coupling{Name: "independent", Pair: func(x0, x1 Batch) error { return CheckLike(x0, x1) }}

// Couplings lists every coupling by name.
var Couplings = []Coupling{Independent}

// MarshalText returns the name of the coupling, its form in a spec.
func (c Coupling) MarshalText() ([]byte, error) { return []byte(c.Name), nil }

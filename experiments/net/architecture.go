package net

// Architecture is a kind of net.
type Architecture struct {
	Name          string
	Heads         bool // takes heads, which share its width
	Linear        bool // without hidden layers it is a net too, a linear one
	PerCoordinate bool // its weights serve every coordinate of a point in turn

	params func(n Net) []Param
	keeps  func(n Net) int // about how many numbers a row keeps for its gradient
}

// MarshalText returns the name of the architecture, its form in a spec.
func (a Architecture) MarshalText() ([]byte, error) { return []byte(a.Name), nil }

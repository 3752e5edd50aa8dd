package net

// Activation is a nonlinearity, element by element.
type Activation struct {
	Name   string
	Kinked bool // its derivative jumps, and so does the divergence of a net
}

// The activations. ELU has alpha = 1 (Clevert et al. 2016); SiLU is x sigmoid(x). GELU is x
// times the normal distribution function, erf and not its approximation (arXiv 1606.08415).
var (
	ELU  = Activation{Name: "elu"}
	SiLU = Activation{Name: "silu"}
	GELU = Activation{Name: "gelu"}
	Tanh = Activation{Name: "tanh"}
	ReLU = Activation{Name: "relu", Kinked: true}
)

// Activations lists all activations. The package velocity has a builder for each.
var Activations = []Activation{ELU, SiLU, GELU, Tanh, ReLU}

// MarshalText returns the name of the activation, its form in a spec.
func (a Activation) MarshalText() ([]byte, error) { return []byte(a.Name), nil }

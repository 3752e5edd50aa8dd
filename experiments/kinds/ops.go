package kinds

import "math"

// Op is a step from a code to its value: a function of one number, with at most one parameter.
type Op struct {
	*Function
	Parameters []float64
}

// At returns the value of the step at x.
func (o Op) At(x float64) float64 { return o.at(x, o.Parameters) }

// Function is what steps are made of. ONNX has an operator of the same Name, which takes the parameter, if there is one, as its second
// input.
type Function struct {
	Name  string
	Bound int // 1 if the parameter is a lower bound of the results, and -1 if it is an upper one, which rounding must not pass
	at    func(x float64, p []float64) float64
}

// The functions of steps. A lower bound takes the place of NaN, so that what follows it is always within.
var (
	mul     = &Function{Name: "Mul", at: func(x float64, p []float64) float64 { return x * p[0] }}
	add     = &Function{Name: "Add", at: func(x float64, p []float64) float64 { return x + p[0] }}
	exp     = &Function{Name: "Exp", at: func(x float64, _ []float64) float64 { return math.Exp(x) }}
	sigmoid = &Function{Name: "Sigmoid", at: func(x float64, _ []float64) float64 { return 1 / (1 + math.Exp(-x)) }}
	round   = &Function{Name: "Round", at: func(x float64, _ []float64) float64 { return math.RoundToEven(x) }}
	atMost  = &Function{Name: "Min", Bound: -1, at: func(x float64, p []float64) float64 { return min(x, p[0]) }}
	atLeast = &Function{Name: "Max", Bound: 1, at: func(x float64, p []float64) float64 {
		if !(x > p[0]) {
			return p[0]
		}
		return x
	}}
)

func op(f *Function, parameters ...float64) Op { return Op{f, parameters} }

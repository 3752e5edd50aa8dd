package problem

import (
	"fmt"
	"testing"
)

func ExampleUnknown() {
	solvers := []string{"euler", "heun", "rk4"}
	fmt.Println(Problem{
		File: "spec.yaml", Line: 3, Column: 17, Source: "sample: {solver: rk5}", Message: Unknown("solver", "rk5", solvers),
	})
	// Output:
	// spec.yaml:3:17: unknown solver "rk5" (have euler, heun, rk4): did you mean "rk4"?
	//     sample: {solver: rk5}
	//                     ^
}

func TestNearest(t *testing.T) {
	known := []string{"euler", "midpoint", "heun", "rk4", "w2", "elu", "silu"}
	for word, want := range map[string]string{
		"rk5": "rk4", "RK4": "rk4", "huen": "heun", "midpiont": "midpoint", "mid-pont": "midpoint", "eular": "euler", "sliu": "silu", "siul": "silu",
		"w": "", "x": "", "": "", "v2": "w2", "dopri5": "", "middlepoint": "midpoint", "middlingpoint": "",
	} {
		if got := Nearest(word, known); got != want {
			t.Errorf("nearest to %q: got %q, want %q", word, got, want)
		}
	}
}

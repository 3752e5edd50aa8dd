package engine

import (
	"fmt"
	"time"

	"github.com/gomlx/gomlx/core/graph"
)

// Peak returns the floating-point operations a second of a product of two size x size matrices on the engine, the best of
// three: about the most that anything built of such products can reach.
func (e Engine) Peak(size int) (float64, error) {
	dims := []int{size, size}
	program, err := e.Compile(func(in []*graph.Node) []*graph.Node { return []*graph.Node{graph.DotProduct(in[0], in[1])} },
		Input{Name: "a", Dims: dims}, Input{Name: "b", Dims: dims})
	if err != nil {
		return 0, fmt.Errorf("measure the peak of %s: %w", e.Name, err)
	}
	defer program.Close()
	a, b := Tensor{Dims: dims, Data: make([]float32, size*size)}, Tensor{Dims: dims, Data: make([]float32, size*size)}
	for i := range a.Data {
		a.Data[i], b.Data[i] = float32(i%7), float32(i%5)
	}
	best := 0.
	for range 3 {
		start := time.Now()
		if _, err := program.Run(a, b); err != nil {
			return 0, fmt.Errorf("measure the peak of %s: %w", e.Name, err)
		}
		n := float64(size)
		best = max(best, 2*n*n*n/time.Since(start).Seconds())
	}
	return best, nil
}

package engine

import (
	"fmt"
	"time"

	"github.com/gomlx/gomlx/core/graph"
)

// Peak returns the floating-point operations per second that the engine sustains in products of two size x size matrices,
// measured for about the given time. It is about the highest rate of any net built from such products.
func (e Engine) Peak(size int, duration time.Duration) (rate float64, err error) {
	dims := []int{size, size}
	program, err := e.Compile(func(in []*graph.Node) []*graph.Node { return []*graph.Node{graph.DotProduct(in[0], in[1])} },
		Input{Name: "a", Dims: dims}, Input{Name: "b", Dims: dims})
	if err != nil {
		return 0, fmt.Errorf("measure the peak of %s: %w", e.Name, err)
	}
	defer program.Close()
	loop, err := program.Loop() // a loop without a state binds the operands and the product once
	if err != nil {
		return 0, fmt.Errorf("measure the peak of %s: %w", e.Name, err)
	}
	defer loop.Close()
	a, b := Tensor{Dims: dims, Data: make([]float32, size*size)}, Tensor{Dims: dims, Data: make([]float32, size*size)}
	for i := range a.Data {
		a.Data[i], b.Data[i] = float32(i%7), float32(i%5)
	}
	var start time.Time
	for done := 0; ; done++ {
		if done == 1 {
			start = time.Now() // the first step warms up
		}
		if done > 1 && time.Since(start) > duration {
			n := float64(size)
			return float64(done-1) * 2 * n * n * n / time.Since(start).Seconds(), nil
		}
		if _, err := loop.Step(a, b); err != nil {
			return 0, fmt.Errorf("measure the peak of %s: %w", e.Name, err)
		}
	}
}

package engine

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapeinference"
)

// ReduceSum takes its axes as an input in opset 17; none means all.
func (f *function) ReduceSum(x compute.Value, axes ...int) (compute.Value, error) {
	v, err := f.recorder.whole(x.(*value))
	if err != nil {
		return nil, err
	}
	if len(axes) == 0 {
		for i := range v.shape.Rank() {
			axes = append(axes, i)
		}
	}
	shape, err := shapeinference.Reduce(v.shape, axes)
	if err != nil {
		return nil, err
	}
	list, err := f.recorder.ints(axes)
	if err != nil {
		return nil, err
	}
	keep := []Attribute{{"keepdims", int64(0)}}
	return f.recorder.node("ReduceSum", shape, shape.Dimensions, keep, v, list), nil
}

package engine

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapeinference"
)

// DotGeneral of two matrices is MatMul, or Gemm where one is transposed.
func (f *function) DotGeneral(lhs compute.Value, lhsContracting, lhsBatch []int,
	rhs compute.Value, rhsContracting, rhsBatch []int, config compute.DotGeneralConfig,
) (compute.Value, error) {
	a, b := lhs.(*value), rhs.(*value)
	shape, err := shapeinference.DotGeneral(a.shape, lhsContracting, lhsBatch, b.shape, rhsContracting, rhsBatch, config)
	if err != nil {
		return nil, err
	}
	if a.shape.Rank() != 2 || b.shape.Rank() != 2 || len(lhsContracting) != 1 || len(lhsBatch) != 0 {
		return nil, fmt.Errorf("the ONNX recorder has no DotGeneral of ranks %d and %d: multiply matrices (%w)",
			a.shape.Rank(), b.shape.Rank(), compute.ErrNotImplemented)
	}
	if a, err = f.recorder.whole(a); err != nil {
		return nil, err
	}
	if b, err = f.recorder.whole(b); err != nil {
		return nil, err
	}
	transA, transB := int64(1-lhsContracting[0]), int64(rhsContracting[0])
	if transA == 0 && transB == 0 {
		return f.recorder.node("MatMul", shape, shape.Dimensions, nil, a, b), nil
	}
	return f.recorder.node("Gemm", shape, shape.Dimensions, []Attribute{{"transA", transA}, {"transB", transB}}, a, b), nil
}

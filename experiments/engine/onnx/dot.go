package onnx

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapeinference"
	"github.com/gomlx/compute/shapes"
)

// DotGeneral records a product of matrices or of stacks of matrices: a MatMul, or a Gemm if one is transposed. It reorders
// the axes of each operand and joins the kept axes and the contracted axes, which leaves matrices unchanged.
func (f *function) DotGeneral(lhs compute.Value, lhsContracting, lhsBatch []int,
	rhs compute.Value, rhsContracting, rhsBatch []int, config compute.DotGeneralConfig,
) (compute.Value, error) {
	r := f.recorder
	a, b := lhs.(*value), rhs.(*value)
	shape, err := shapeinference.DotGeneral(a.shape, lhsContracting, lhsBatch, b.shape, rhsContracting, rhsBatch, config)
	if err != nil {
		return nil, err
	}
	if to := config.AccumulatorDType; to != dtypes.InvalidDType {
		a, b = r.cast(a, to), r.cast(b, to)
	}
	left := matrix{axes: splitAxes(a.shape.Rank(), lhsBatch, lhsContracting), keepFirst: true}
	right := matrix{axes: splitAxes(b.shape.Rank(), rhsBatch, rhsContracting)}
	if err := r.arrange(&left, a); err != nil {
		return nil, err
	}
	if err := r.arrange(&right, b); err != nil {
		return nil, err
	}
	product := r.multiply(left, right)
	dims := slices.Concat(left.dims(a, 0), left.dims(a, 1), right.dims(b, 1))
	if len(left.axes[1]) != 1 || len(right.axes[1]) != 1 {
		// A size of 0 copies the size of a batch axis; these come first.
		if product, err = r.reshape(product, append(make([]int, len(lhsBatch)), dims[len(lhsBatch):]...)); err != nil {
			return nil, err
		}
	}
	r.note(product.name, dims, product.shape.DType)
	return r.cast(&value{name: product.name, shape: withDType(shape, product.shape.DType), dims: dims}, shape.DType), nil
}

// matrix is an operand of a product.
type matrix struct {
	axes       [3][]int // batch, kept and contracted axes of the operand
	keepFirst  bool     // kept axes are rows and contracted axes columns, or else the reverse
	transposed bool     // arranged the other way round
	value      *value   // as arranged
}

// splitAxes returns the batch, kept and contracted axes.
func splitAxes(rank int, batch, contracted []int) (axes [3][]int) {
	axes[0], axes[2] = batch, contracted
	for i := range rank {
		if !slices.Contains(batch, i) && !slices.Contains(contracted, i) {
			axes[1] = append(axes[1], i)
		}
	}
	return axes
}

// dims returns the sizes of the batch, kept or contracted axes.
func (m matrix) dims(v *value, part int) (dims []int) {
	for _, axis := range m.axes[part] {
		dims = append(dims, v.shape.Dimensions[axis])
	}
	return dims
}

// arrange reorders the axes, and joins the kept axes and the contracted axes.
func (r *recorder) arrange(m *matrix, v *value) error {
	v, err := r.expand(v)
	if err != nil {
		return err
	}
	first, second := 1, 2
	if !m.keepFirst {
		first, second = 2, 1
	}
	// Gemm transposes at less cost than a Transpose.
	swapped := slices.Concat(m.axes[second], m.axes[first])
	if len(m.axes[0]) == 0 && slices.IsSorted(swapped) && v.shape.DType == dtypes.Float32 && len(m.axes[1])*len(m.axes[2]) > 0 {
		m.transposed = true
		first, second = second, first
	}
	order := slices.Concat(m.axes[0], m.axes[first], m.axes[second])
	dims := append(make([]int, len(m.axes[0])), joined(m.dims(v, first)), joined(m.dims(v, second)))
	if v, err = r.permute(v, order); err != nil {
		return err
	}
	m.value = v
	if len(m.axes[1]) != 1 || len(m.axes[2]) != 1 {
		m.value, err = r.reshape(v, dims)
	}
	return err
}

// joined returns the size of several axes joined into one.
func joined(dims []int) int {
	size := 1
	for _, d := range dims {
		if d == shapes.DynamicDim {
			return d
		}
		size *= d
	}
	return size
}

// multiply records the product of arranged operands.
func (r *recorder) multiply(a, b matrix) *value {
	shape := a.value.shape
	if !a.transposed && !b.transposed {
		return r.node("MatMul", shape, nil, nil, a.value, b.value)
	}
	flag := map[bool]int64{true: 1}
	return r.node("Gemm", shape, nil, []Attribute{{"transA", flag[a.transposed]}, {"transB", flag[b.transposed]}}, a.value, b.value)
}

package export

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/velocity"
)

// PrecisionOf returns the precision of a file that Velocity or Sampler wrote. ok is false for 32-bit floats.
func PrecisionOf(file []byte) (p Precision, ok bool) {
	m, err := readAny(file)
	if err != nil {
		return p, false
	}
	i := slices.IndexFunc(Precisions, func(p Precision) bool { return p.Name == m.Metadata[precisionKey] })
	if i < 0 {
		return p, false
	}
	return Precisions[i], true
}

// In is the net with the ranges of a file, which must be nearly its own.
func (r *Reduced) In(file []byte) (*Reduced, error) {
	m, err := readAny(file)
	if err != nil {
		return nil, err
	}
	return r.asIn(m)
}

// asIn returns the net with the ranges of a file, which must be nearly its own: processors round them differently.
func (r *Reduced) asIn(m onnx.Model) (*Reduced, error) {
	own := *r
	if have := m.Metadata[precisionKey]; have != r.Precision.Name {
		return r, fmt.Errorf("the precision of the file is %q, not %q", have, r.Precision.Name)
	}
	if r.products == nil {
		return &own, nil
	}
	var ranges []onnx.Product
	if !fromJSON(m.Metadata[rangesKey], &ranges) || len(ranges) != len(r.products) {
		return r, fmt.Errorf("the property %s of the file does not hold the ranges of %d products", rangesKey, len(r.products))
	}
	own.products = slices.Clone(r.products)
	for i, p := range own.products {
		const allowed = 1e-3 // of the range: far more than rounding makes of it, and a quarter of an 8-bit step
		have, width := ranges[i], float64(p.High-p.Low)
		if have.Weight != p.Weight || !(max(math.Abs(float64(have.Low-p.Low)), math.Abs(float64(have.High-p.High))) <= allowed*width) {
			return r, fmt.Errorf("the values that meet %q range from %g to %g in the file, and from %g to %g on the paths of the run", p.Weight, have.Low, have.High, p.Low, p.High)
		}
		own.products[i].Low, own.products[i].High = have.Low, have.High
	}
	return &own, nil
}

// holds returns an error unless the file has exactly the numbers that the net has in the precision.
func (r *Reduced) holds(m onnx.Model) error {
	recorded, err := velocity.Record(r.net, r.weights)
	if err != nil {
		return err
	}
	g, err := r.graph(recorded.Graph)
	if err != nil {
		return err
	}
	have := map[string]onnx.Initializer{}
	for _, t := range m.Initializers {
		have[t.Name] = t
	}
	for _, want := range g.Initializers {
		if !want.Equal(have[want.Name]) {
			return fmt.Errorf("the tensor %q is not that of the run's net in %s", want.Name, r.Precision.Name)
		}
	}
	if !maps.Equal(r.properties(), pick(m.Metadata, r.properties())) {
		return errors.New("the properties of its precision are not those of the run's net")
	}
	return nil
}

// pick returns the entries of a map whose keys another has.
func pick(from, keys map[string]string) map[string]string {
	picked := map[string]string{}
	for k := range keys {
		picked[k] = from[k]
	}
	return picked
}

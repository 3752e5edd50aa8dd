package experiments

import (
	"math/big"
	"reflect"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/target"
)

// ParseTarget returns the target that an inline text stands for: a name, or a mapping as in a spec. Its error, like those
// of the functions below, is of type problem.List.
func ParseTarget(text string) (target.Target, error) { return Parser{}.Target(text) }

// Target is ParseTarget for a target that may be of a file of data.
func (p Parser) Target(text string) (target.Target, error) {
	return inline[target.Target](p, "target", text)
}

// ParsePath returns the path that an inline text stands for.
func ParsePath(text string) (flow.Path, error) { return inline[flow.Path](Parser{}, "path", text) }

// ParseSampling returns the sampling that an inline mapping stands for, with the defaults of a spec for what it leaves out
// and without what does not apply to its solver.
func ParseSampling(text string) (Sampling, error) {
	d := newDecoder("sample", []byte(text))
	doc := defaults()
	if root := d.load([]byte(text)); root != nil {
		found := d.alternatives(root, reflect.ValueOf(doc.Sample), field{name: "sample", swept: true})
		if len(d.problems) == 0 && found.count.Cmp(big.NewInt(1)) != 0 {
			d.problem(root, "%s samplings where one belongs: give every key one value", grouped(&found.count))
		}
		if len(d.problems) == 0 {
			adaptive := found.values[0].Interface().(Sampling).Solver.Adaptive()
			d.idle(root, adaptive, !adaptive)
		}
		if len(d.problems) == 0 {
			doc.Sample = found.values[0].Interface().(Sampling)
			return doc.setting().Sample, nil
		}
	}
	return Sampling{}, d.problems.Sorted()
}

// ParseMetrics returns the metrics that an inline list of names stands for.
func ParseMetrics(text string) ([]metric.Metric, error) {
	return inline[[]metric.Metric](Parser{}, "metrics", text)
}

// inline returns the one value of a type that a text stands for.
func inline[T any](p Parser, what, text string) (value T, err error) {
	d := newDecoder(what, []byte(text))
	d.open = p.Open
	root := d.load([]byte(text))
	if root == nil {
		return value, d.problems.Sorted()
	}
	found := d.alternatives(root, reflect.ValueOf(value), field{name: what, swept: true})
	if len(d.problems) == 0 && found.count.Cmp(big.NewInt(1)) != 0 {
		d.problem(root, "%s %ss where one belongs: give every parameter one value", grouped(&found.count), what)
	}
	if len(d.problems) > 0 {
		return value, d.problems.Sorted()
	}
	return found.values[0].Interface().(T), nil
}

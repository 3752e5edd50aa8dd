package query

import (
	"slices"
	"strings"
	"testing"
)

// known are the fields of a run, of which some have the names that a spec has for them.
func known() (n Names) {
	for _, f := range []Field{
		{Key: "solver", Also: "sample.solver"},
		{Key: "steps", Also: "sample.steps"},
		{Key: "train.steps"},
		{Key: "train.rate"},
		{Key: "net.width"},
		{Key: "path"},
		{Key: "path.power"},
		{Key: "sample_path.power", Also: "sample.path.power"},
		{Key: "tolerance.atol", Also: "sample.tolerance.atol"},
		{Key: "tolerance.rtol", Also: "sample.tolerance.rtol"},
		{Key: "metrics.mmd"},
		{Key: "metrics_se.mmd"},
		{Key: "solver_share.mmd", Aside: true},
		{Key: "tags", Also: "tag"},
		{Key: "mmd low"},
		{Key: "noise.mmd", Aside: true},
		{Key: "target.noise"},
	} {
		n.Add(f)
	}
	return n
}

func TestNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"steps": "steps", "sample.steps": "steps", "train.steps": "train.steps", // a whole name wins over an ending
		"solver": "solver", "rate": "train.rate", "width": "net.width", "path": "path", "path.power": "path.power", "sample.path.power": "sample_path.power",
		"atol": "tolerance.atol", "tolerance.rtol": "tolerance.rtol", "sample.tolerance.rtol": "tolerance.rtol",
		"mmd": "metrics.mmd", "metrics_se.mmd": "metrics_se.mmd", "solver_share.mmd": "solver_share.mmd", "tag": "tags", "mmd low": "mmd low",
		"noise": "target.noise",
	} {
		if got, err := known().Key(name); got != want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
		}
	}
	for name, want := range map[string]string{
		"power":        `"power" may be path.power or sample_path.power: write more of it`,
		"tolerance":    `"tolerance" may be tolerance.atol or tolerance.rtol: write more of it`,
		"stepz":        `unknown field "stepz": did you mean "steps"?`,
		"sample.stepz": `did you mean "sample.steps"?`,
		"":             `unknown field ""`,
		"ps":           `unknown field "ps"`, // the end of a word is no name
	} {
		if got, err := known().Key(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %q, %v, want the error %q", name, got, err, want)
		}
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	number := func(text string) Field { return Field{Key: "x", Value: text, Kind: Number} }
	text := func(text string) Field { return Field{Key: "x", Value: text} }
	rising := []Field{
		number("-inf"), number("-2"), number("9"), number("1e1"), number("9223372036854775808"), number("9223372036854775809"), number("inf"),
		text("12345678901234e5"), text("7"), text("9402645135369e19"), text("a"),
	}
	missing := []Field{{}, number("nan"), {Key: "x", Kind: Null}, {Key: "x", Value: "[]", Kind: List}, text("")}
	for sign, values := range map[int][]Field{1: rising, -1: reversed(rising)} {
		list := slices.Concat(missing[:2], reversed(values), missing[2:]) // equal ones keep their order
		slices.SortStableFunc(list, func(a, b Field) int { return Order(a, b, sign) })
		for i, f := range slices.Concat(values, missing) {
			if list[i].Value != f.Value || list[i].Kind != f.Kind {
				t.Errorf("sign %d, place %d: got %+v, want %+v", sign, i, list[i], f)
			}
		}
	}
}

func reversed(list []Field) []Field {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}

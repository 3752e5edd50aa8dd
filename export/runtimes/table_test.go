package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// TestWrongNumbersAreNamed: whatever is not within the tolerance reads WRONG and fails the task, unless it is known.
func TestWrongNumbersAreNamed(t *testing.T) {
	t.Parallel()
	at := func(d float64) result { return result{Difference: &d, Rate: 1} }
	for _, c := range []struct {
		name  string
		r     result
		known []string
		text  string
		fails bool
	}{
		{"within", at(1e-6), nil, "1.0e-06", false},
		{"at the limit", at(1e-5), nil, "1.0e-05", false},
		{"past the limit", at(2e-5), nil, "WRONG: differs by 2e-05, more than the 1e-05 allowed", true},
		{"not finite", at(1e300), nil, "WRONG: NaN or infinite", true},
		{"known", at(3), []string{"attention"}, "WRONG: differs by 3", false},
		{"known of another net", at(3), []string{"conv"}, "WRONG: differs by 3", true},
		{"an error", result{Error: "no Loop"}, nil, "no: no Loop", false},
		{"a check alone", result{}, nil, "valid", false},
	} {
		cells := results{c.r}.cells([]testCase{{net: "attention", Tolerance: 1e-5}}, c.known)
		if !strings.Contains(cells[0].text, c.text) || (failures([]row{{"it", cells}}) != nil) != c.fails {
			t.Errorf("%s: %q, fails %v; want %q, %v", c.name, cells[0].text, cells[0].wrong, c.text, c.fails)
		}
	}
	cases := []testCase{{Tolerance: 1e-5, head: "right"}, {Tolerance: 1e-5, head: "wrong"}}
	right := at(0)
	wrong := at(1)
	wrong.Rate = 1e9
	if got := (results{right, wrong}).figures(cases, ""); got == nil || got[0].text != "right" {
		t.Errorf("the figures are of %v: want those of the right results", got)
	}
	if got := (results{wrong}).figures(cases[1:], ""); got != nil {
		t.Errorf("wrong results have figures: %v", got)
	}
}

// TestARuntimeThatIsMissingHasItsReason: a runtime that is missing is a line of the table.
func TestARuntimeThatIsMissingHasItsReason(t *testing.T) {
	t.Parallel()
	r := runtime{missing: errors.New("java is not installed")}
	cases := make([]testCase, 2)
	for _, c := range r.tryAll(cases).cells(cases, nil) {
		if c.text != "not tried: java is not installed" || c.wrong {
			t.Errorf("the cell is %+v", c)
		}
	}
}

// TestLinesHoldTensors: languages without JSON get sizes and numbers of inputs with any number of axes.
func TestLinesHoldTensors(t *testing.T) {
	t.Parallel()
	v := vectors{Sampler: samplerVectors{Noise: [][]float32{{1, 2}}, StepNoise: [][][]float32{{{3, 4}}, {{5, .5}}, {{7, 8}}}}}
	c := testCase{Path: "a.onnx", Repeat: 2, Unit: []float64{1, .5}, Inputs: v.inputs(), Output: matrix([][]float32{{9, 10}})}
	want := "a.onnx\n2\n1 0.5\nnoise 1 2\n1 2 \nstep_noise 3 1 2\n3 4 5 0.5 7 8 \noutput 1 2\n9 10 \n"
	if got := c.lines(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestPointsHaveTheShapeOfImages: rows of numbers are images if the vectors say so.
func TestPointsHaveTheShapeOfImages(t *testing.T) {
	t.Parallel()
	v := vectors{Shape: []int{1, 2, 2}, Sampler: samplerVectors{Noise: [][]float32{{1, 2, 3, 4}, {5, 6, 7, 8}}}}
	got := v.inputs()["noise"]
	if !slices.Equal(got.Dims, []int{2, 1, 2, 2}) || !slices.Equal(got.Data, []float32{1, 2, 3, 4, 5, 6, 7, 8}) {
		t.Errorf("%+v", got)
	}
}

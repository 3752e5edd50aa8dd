package engine

import (
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
)

// TestRecordNamesThePlace: the line of the model, not of GoMLX, also where the operation is part of a gradient.
func TestRecordNamesThePlace(t *testing.T) {
	t.Parallel()
	_, err := Record(func(in []*graph.Node) []*graph.Node {
		return []*graph.Node{graph.CumSum(in[0], 0)}
	}, []Input{{"x", []int{4, 4}}}, nil, []string{"y"})
	want := "asked for at record_test.go:15 (engine.TestRecordNamesThePlace.func1)"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one that says %q", err, want)
	}
}

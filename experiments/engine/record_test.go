package engine

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
)

// TestRecordNamesThePlace asks for the line of the model, not of GoMLX.
func TestRecordNamesThePlace(t *testing.T) {
	t.Parallel()
	var line int
	_, err := Record(func(in []*graph.Node) []*graph.Node {
		_, _, line, _ = runtime.Caller(0)
		return []*graph.Node{graph.CumSum(in[0], 0)}
	}, []Input{{"x", []int{4, 4}}}, nil, []string{"y"})
	want := fmt.Sprintf("asked for at record_test.go:%d (engine.TestRecordNamesThePlace.func1)", line+1)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one that says %q", err, want)
	}
}

package engine

import (
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine/fuse"
	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/engine/ort"
)

// TestCyclesLeaveMemoryFlat opens, runs and closes programs and loops, with a fused operation, 6,000 times. If loops did not
// free their tensors, memory would grow by 7.5 MB, and if fused operations did not free theirs, by more; without a leak it
// varies by less than 1 MB after a warm-up.
func TestCyclesLeaveMemoryFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("6,000 cycles take several seconds")
	}
	requireRuntime(t)
	if residentMegabytes(t) == 0 {
		t.Skip("this system has no /proc/self/statm to read the memory from")
	}
	m, err := onnx.RecordSized(func(in []*graph.Node) []*graph.Node { return []*graph.Node{graph.Neg(graph.Add(in[0], in[1]))} },
		[]onnx.ValueInfo{{Name: "state", Dims: []int{64}}, {Name: "x", Dims: []int{64}}})
	if err != nil {
		t.Fatal(err)
	}
	operations, why := Fused()
	if m = fuse.Chains(m, operations); why == nil && len(m.Nodes) != 1 {
		t.Fatalf("%d nodes, want one", len(m.Nodes))
	}
	state, x := random(1, 64), random(2, 64)
	cycle := func() {
		s, err := ort.Open(m.Marshal(), ort.SessionOptions{
			Threads: 1, Optimise: ort.All, Fused: len(operations) > 0, Ports: &ort.Ports{Inputs: ports(m.Inputs), Outputs: ports(m.Outputs)},
		})
		if err != nil {
			t.Fatal(err)
		}
		p := ortProgram{s}
		loop, err := p.Loop(state)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := loop.Step(x); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Run(state, x); err != nil {
			t.Fatal(err)
		}
		if err := loop.Close(); err != nil {
			t.Fatal(err)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for range 1000 {
		cycle()
	}
	before := residentMegabytes(t)
	for range 5000 {
		cycle()
	}
	if grown := residentMegabytes(t) - before; grown > 2 {
		t.Errorf("5,000 cycles grew the memory by %.1f MB, from %.1f MB", grown, before)
	}
}

// residentMegabytes returns the resident memory of the process, or 0 if the system does not report it.
func residentMegabytes(t *testing.T) float64 {
	t.Helper()
	debug.FreeOSMemory() // memory that Go's heap still holds is not a leak
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		t.Fatal(err)
	}
	return float64(pages*os.Getpagesize()) / 1e6
}

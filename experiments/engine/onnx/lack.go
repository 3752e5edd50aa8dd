package onnx

import (
	"fmt"
	"path"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"

	"github.com/gomlx/compute"
)

// lacks is the error of an operation the recorder cannot write.
func lacks(op compute.OpType) error { return lack(op.String(), "build the net without it") }

// lack is the error of something the recorder cannot write: what, where the graph asks for it, and what to do.
// It wraps ErrNotImplemented, at which GoMLX builds a fused operation from smaller ones instead.
func lack(what, do string) error {
	return fmt.Errorf("the ONNX recorder has no %s, asked for at %s: %s (%w)", what, place(), do, compute.ErrNotImplemented)
}

// place returns the line that is building the graph: the innermost one outside GoMLX and the recorder.
func place() string {
	here := reflect.TypeFor[recorder]().PkgPath() + "."
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers)])
	for {
		f, more := frames.Next()
		if !more {
			return "an unknown place"
		}
		if !strings.HasPrefix(f.Function, "github.com/gomlx/") && !strings.HasPrefix(f.Function, here) {
			return fmt.Sprintf("%s:%d (%s)", filepath.Base(f.File), f.Line, path.Base(f.Function))
		}
	}
}

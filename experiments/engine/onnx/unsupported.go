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

// unsupportedOp returns the error for an operation that the recorder does not support.
func unsupportedOp(op compute.OpType) error {
	return unsupported(op.String(), "build the net without it")
}

// unsupported returns the error for something the recorder does not support: what it is, the line that uses it, and what to
// do. It wraps ErrNotImplemented, on which GoMLX replaces a fused operation by smaller ones.
func unsupported(what, do string) error {
	return fmt.Errorf("the ONNX recorder has no %s, used at %s: %s (%w)", what, callSite(), do, compute.ErrNotImplemented)
}

// callSite returns the line that is building the graph: the innermost one outside GoMLX and the recorder.
func callSite() string {
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

// recovered turns a panic of GoMLX into an error.
func recovered(err *error) {
	switch p := recover().(type) {
	case nil:
	case error:
		*err = p
	default:
		*err = fmt.Errorf("%v", p)
	}
}

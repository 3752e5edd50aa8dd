//go:build ortlib_pin

package ort

// The onnxruntime shared libraries travel inside these modules. The build tag is never set, so nothing is linked and
// nothing is downloaded by a build; the imports keep the modules, with their checksums, in go.mod and go.sum.
import (
	_ "github.com/k2-fsa/sherpa-onnx-go-linux"
	_ "github.com/k2-fsa/sherpa-onnx-go-macos"
	_ "github.com/k2-fsa/sherpa-onnx-go-windows"
)

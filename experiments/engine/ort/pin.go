//go:build ortlib_pin

package ort

// These modules contain the onnxruntime shared libraries. The build tag is never set, so a build neither links nor downloads
// them; the imports keep the modules and their checksums in go.mod and go.sum.
import (
	_ "github.com/k2-fsa/sherpa-onnx-go-linux"
	_ "github.com/k2-fsa/sherpa-onnx-go-macos"
	_ "github.com/k2-fsa/sherpa-onnx-go-windows"
)

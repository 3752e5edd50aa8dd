package ort

import (
	"errors"
	"reflect"

	ort "github.com/yalue/onnxruntime_go"

	"flowsweep/experiments/engine/fused"
)

// FusedOperations lists the operations that sessions with SessionOptions.Fused can join, or says why there are none.
func FusedOperations() ([]string, error) {
	runtime, err := loaded()
	if err != nil {
		return nil, err
	}
	if err := fused.Load(runtime.Path); err != nil {
		return nil, err
	}
	return fused.Operations(), nil
}

// registerFused makes the operation of package fused known to the sessions of the options. onnxruntime_go has no way to add
// an operation, and keeps onnxruntime's own options in a field named o.
func registerFused(options *ort.SessionOptions) error {
	if _, err := FusedOperations(); err != nil {
		return err
	}
	field := reflect.ValueOf(options).Elem().FieldByName("o")
	if !field.IsValid() || field.Kind() != reflect.Pointer || field.IsNil() {
		return errors.New("onnxruntime_go does not keep onnxruntime's options where it did")
	}
	return fused.Register(field.UnsafePointer())
}

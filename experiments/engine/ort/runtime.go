package ort

import (
	"fmt"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// Runtime describes the onnxruntime that was loaded.
type Runtime struct {
	Library
	Version string `json:"version"`
}

// loaded finds and loads onnxruntime, which is possible only once per process.
var loaded = sync.OnceValues(func() (Runtime, error) {
	lib, err := FindLibrary()
	if err != nil {
		return Runtime{}, err
	}
	ort.SetSharedLibraryPath(lib.Path)
	// Errors are returned, so onnxruntime need not print them.
	if err := ort.InitializeEnvironment(ort.WithLogLevelFatal()); err != nil {
		return Runtime{}, fmt.Errorf("load onnxruntime from %s: %w: set %s to another onnxruntime shared library, or unset it",
			lib.Path, err, LibraryVariable)
	}
	return Runtime{Library: lib, Version: ort.GetVersion()}, nil
})

// LoadRuntime loads onnxruntime if it is not loaded yet, and describes it.
func LoadRuntime() (Runtime, error) { return loaded() }

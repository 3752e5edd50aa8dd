//go:build !windows

// Package fused adds an operation to onnxruntime: Fused, a chain of element-wise operations that passes over its numbers
// once. Its nodes are written by package fuse.
//
//	fused.Load(path)            // of the shared library of onnxruntime
//	fused.Register(options)     // those of a session
//
// The operations round as those of onnxruntime do, so that a graph has the same bits with and without it.
package fused

/*
#cgo CFLAGS: -std=c11 -O3 -D_POSIX_C_SOURCE=200809L
#cgo linux LDFLAGS: -lm -ldl

#include <dlfcn.h>
#include <stdlib.h>

#include "fused.h"
#include "loops.h"

static const OrtApi *open_api(const char *path) {
	void *library = dlopen(path, RTLD_LAZY);
	const OrtApiBase *(*base)(void) = library ? (const OrtApiBase *(*)(void))dlsym(library, "OrtGetApiBase") : NULL;
	return base ? base()->GetApi(ABI_VERSION) : NULL;
}
*/
import "C"

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"
)

// loaded is what Load made of onnxruntime, which a process can load only once.
var loaded struct {
	sync.Once
	api    *C.OrtApi
	domain *C.OrtCustomOpDomain // sessions keep pointers to it, so it is never freed
	err    error
}

// Load prepares the operation for the onnxruntime that is loaded from the path. Only the first call does anything.
func Load(path string) error {
	loaded.Do(func() {
		name := C.CString(path)
		defer C.free(unsafe.Pointer(name))
		if loaded.api = C.open_api(name); loaded.api == nil {
			loaded.err = errors.New("this onnxruntime is too old for operations of our own")
			return
		}
		loaded.err = failure("add operations to onnxruntime", C.fused_domain(loaded.api, &loaded.domain))
	})
	return loaded.err
}

// Register makes the operation known to the sessions that are opened with an OrtSessionOptions. Call Load before.
func Register(options unsafe.Pointer) error {
	return failure("register the fused operations", C.fused_register(loaded.api, loaded.domain, options))
}

// failure returns the error of a status, and frees it.
func failure(act string, status *C.OrtStatus) error {
	if status == nil {
		return nil
	}
	message := (*C.char)(C.calloc(256, 1))
	defer C.free(unsafe.Pointer(message))
	C.fused_message(loaded.api, status, message, 256)
	return fmt.Errorf("%s: %s", act, C.GoString(message))
}

// Operations lists the ONNX operations that a Fused may do on this machine.
func Operations() (list []string) {
	for i := C.size_t(0); C.fused_name(i) != nil; i++ {
		list = append(list, C.GoString(C.fused_name(i)))
	}
	return list
}

package fused

import (
	"errors"
	"unsafe"
)

// Load returns an error: the operation has not been tried on Windows.
func Load(string) error { return errors.New("operations of our own have not been tried on Windows") }

// Register is not called, as Load returns an error.
func Register(unsafe.Pointer) error { panic("fused: Register without Load") }

// Operations lists none.
func Operations() []string { return nil }

//go:build !linux && !darwin && !windows

package disk

import "errors"

func renameNew(string, string) error { return errors.ErrUnsupported }

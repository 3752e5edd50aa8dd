package ship

import (
	"fmt"
	"strings"

	"flowsweep/experiments"
)

// MismatchError says that an ONNX file does not compute what Go does.
type MismatchError struct{ Err error }

func (e *MismatchError) Error() string { return e.Err.Error() }
func (e *MismatchError) Unwrap() error { return e.Err }

// OccupiedError says that an output folder cannot be used, or holds files that must not be overwritten.
type OccupiedError struct{ Err error }

func (e *OccupiedError) Error() string { return e.Err.Error() }
func (e *OccupiedError) Unwrap() error { return e.Err }

// occupied returns err as an OccupiedError, or nil.
func occupied(err error) error {
	if err == nil {
		return nil
	}
	return &OccupiedError{err}
}

// CheckError returns why a checked file must not be used or was not verified, or nil.
func CheckError(c experiments.Check) error {
	switch {
	case c.OK:
		return nil
	case c.Runtime == "":
		return fmt.Errorf("%s was not verified: %s; all runs are kept, and the same command will try again", c.File, c.Error)
	case len(c.Edited) > 0:
		return &MismatchError{fmt.Errorf("%s computes the same, but was rewritten or edited: %s: export it again", c.File, strings.Join(c.Edited, ", "))}
	case c.Error != "":
		return &MismatchError{fmt.Errorf("%s could not be compared with Go: %s: do not use it", c.File, c.Error)}
	default:
		return &MismatchError{fmt.Errorf("%s does not compute what Go does: the largest difference is %.3g, allowed are %.3g: do not use it",
			c.File, c.MaxAbsDiff, c.Tolerance)}
	}
}

// UnknownRunError says that the store does not hold the run of a file.
type UnknownRunError struct{ Err error }

func (e *UnknownRunError) Error() string { return e.Err.Error() }
func (e *UnknownRunError) Unwrap() error { return e.Err }

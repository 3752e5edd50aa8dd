package command

// UsageError is a mistake in a command or spec. Nothing was started.
type UsageError struct{ err error }

func (e *UsageError) Error() string { return e.err.Error() }
func (e *UsageError) Unwrap() error { return e.err }

// Usage returns the error as a UsageError, and nil as it is.
func Usage(err error) error {
	if err == nil {
		return nil
	}
	return &UsageError{err}
}

// OutputError is a failure to write what a command prints.
type OutputError struct{ err error }

func (e *OutputError) Error() string { return e.err.Error() }
func (e *OutputError) Unwrap() error { return e.err }

package ship

import (
	"context"

	"flowsweep/export"
)

// watchKey is the key of the function of WithProgress.
type watchKey struct{}

// WithProgress returns a context in which verifications tell watch how far they are with a file.
func WithProgress(ctx context.Context, watch func(file string, done, of int)) context.Context {
	return context.WithValue(ctx, watchKey{}, watch)
}

// progress returns what is told about a file, or nil.
func progress(ctx context.Context, file string) export.Progress {
	watch, ok := ctx.Value(watchKey{}).(func(file string, done, of int))
	if !ok {
		return nil
	}
	return func(done, of int) { watch(file, done, of) }
}

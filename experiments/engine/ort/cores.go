package ort

import (
	"context"
	"runtime"

	ort "github.com/yalue/onnxruntime_go"
	"golang.org/x/sync/semaphore"
)

// processors is the number of cores that the program may use, as it starts.
var processors = int64(runtime.GOMAXPROCS(0))

// cores is what all runs of all sessions share. Go's scheduler does not see the threads that are in onnxruntime: without a limit of
// their own, nets that train and nets that sample would take turns on a core.
var cores = semaphore.NewWeighted(processors)

// run runs the model once as many cores are free as its operations have threads.
func (s *Session) run(inputs, outputs []ort.Value) error {
	n := min(int64(s.threads), processors)
	if err := cores.Acquire(context.Background(), n); err != nil {
		return err
	}
	defer cores.Release(n)
	return s.session.Run(inputs, outputs)
}

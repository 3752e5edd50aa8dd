package live

import (
	"encoding/json"
	"os"
	"time"
)

// every is the time between two writings.
const every = time.Second

// Write keeps the file beside a store up to date until stop is called, which removes it. It never fails and never waits for
// the disk: who cannot be told what a sweep does is told nothing.
func Write(db string, status func() Status) (stop func()) {
	path, quit, done := Path(db), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			write(path, status())
			select {
			case <-quit:
				_ = os.Remove(path)
				return
			case <-tick.C:
			}
		}
	}()
	return func() { close(quit); <-done }
}

// write replaces the file. It is gone after a power cut, like the process that it is about, so that nothing waits until it is
// on disk; and its temporary name is always the same, so that what a killed process leaves is replaced, too.
func write(path string, s Status) {
	text, err := json.Marshal(s)
	if err != nil {
		return
	}
	if os.WriteFile(path+".new", append(text, '\n'), 0o644) == nil {
		_ = os.Rename(path+".new", path)
	}
}

package sweep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"flowsweep/experiments"
	"flowsweep/pipeline/crew"
	"flowsweep/pipeline/sweep/talk"
	"flowsweep/store"
)

// newOffer returns the offer of a sweep, of which so many fits are left.
func newOffer(s Sweep, fits int) talk.Offer {
	o := talk.Offer{
		Protocol: talk.Protocol, Program: Version, Store: store.Version(), Plan: talk.PlanHash(s.Plan), Engine: s.Engine.Name, Library: s.Crew.Library,
		Platform: runtime.GOOS + "/" + runtime.GOARCH, Rounding: s.Rounding, Mixed: s.Crew.Mixed, Spec: s.Plan.Spec.Text,
		Fits: fits, Silence: s.Crew.Silence, Checkpoints: s.Checkpoints, Copies: s.Crew.Copies,
	}
	for i, f := range s.Plan.Spec.Files {
		o.Data = append(o.Data, talk.DataFile{Path: f.Name, Shared: fmt.Sprintf("data-%d", i)})
	}
	return o
}

// share shares the data files, and onnxruntime for machines that have none.
func (h *host) share(ctx context.Context) error {
	for i, f := range h.Plan.Spec.Files {
		if err := h.crew.Share(ctx, h.offer.Data[i].Shared, content(f)); err != nil {
			return fmt.Errorf("share %s: %w", f.Name, err)
		}
	}
	if h.offer.Library == "" {
		return nil
	}
	file, err := os.Open(h.Crew.LibraryPath)
	if err != nil {
		return err
	}
	return errors.Join(h.crew.Share(ctx, talk.LibraryName, file), file.Close())
}

// content returns the content of a data file.
func content(f experiments.DataFile) io.Reader {
	if f.Large != nil {
		return io.NewSectionReader(f.Large, 0, f.Large.Size())
	}
	return bytes.NewReader(f.Content)
}

// front answers other machines from the start of a sweep on. Before the host is there, they hear that an answer will come.
type front struct {
	host  *host
	ready chan struct{} // closed once there is a host
	stop  context.CancelFunc
	ended chan struct{} // closed once nobody is answered any more
	err   error         // of answering
}

// openFront starts to answer other machines. It returns nil for a sweep without any.
func (s Sweep) openFront(ctx context.Context) *front {
	if s.Crew == nil {
		return nil
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	f := &front{ready: make(chan struct{}), stop: stop, ended: make(chan struct{})}
	go func() {
		defer close(f.ended)
		f.err = s.Crew.Host.Serve(serving, f.answer)
	}()
	return f
}

// open lets a host answer.
func (f *front) open(h *host) {
	f.host = h
	close(f.ready)
}

func (f *front) answer(ctx context.Context, q crew.Question) (crew.Answer, error) {
	select {
	case <-f.ready:
		return f.host.answer(ctx, q)
	case <-ctx.Done():
		return crew.Answer{}, ctx.Err()
	}
}

// close ends answering.
func (f *front) close() error {
	if f == nil {
		return nil
	}
	f.stop()
	<-f.ended
	return f.err
}

// over says that other machines are not needed any more. What goes wrong with that is no fault of the sweep.
func (s *sweeper) over() {
	if s.Crew == nil || s.Crew.Over == nil {
		return
	}
	if err := s.Crew.Over(); err != nil {
		s.show.line("tell other machines that the sweep is over: %v", err)
	}
}

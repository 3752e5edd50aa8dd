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

package work

import (
	"testing"
	"time"

	"flowsweep/pipeline/live"
)

// TestHostTells: other processes hear from a host which machines there are and which fit each has, until it ends.
func TestHostTells(t *testing.T) {
	t.Parallel()
	h := listening(t, hostSpec, nil)
	wait := func(what string, is func(s live.Status) bool) live.Status {
		t.Helper()
		for start := time.Now(); ; time.Sleep(20 * time.Millisecond) {
			s, running, err := live.Read(h.file)
			if err != nil {
				t.Fatal(err)
			}
			if running && is(s) {
				return s
			}
			if time.Since(start) > 20*time.Second {
				t.Fatalf("%s: after 20 s it tells %+v", what, s)
			}
		}
	}
	wait("at first", func(s live.Status) bool { return s.Activity == "waiting for machines" && s.Sweep == h.plan.Spec.Name })
	one := h.join("one")
	j := one.next()
	if _, err := one.fetch(t.Context(), one.about(j)); err != nil {
		t.Fatal(err)
	}
	s := wait("with a machine", func(s live.Status) bool { return len(s.Fits) == 1 })
	fit := h.plan.Fits[0]
	for _, f := range h.plan.Fits {
		if f.Key == s.Fits[0].Key {
			fit = f
		}
	}
	if f := s.Fits[0]; f.Machine != "one" || f.Label == "" || f.Seed != fit.Seed || f.Steps != fit.Recipe.Train.Steps || s.Activity != "1 fit on 1 machine" {
		t.Errorf("with a machine it tells %+v", s)
	}
	if m := s.Machines; len(m) != 1 || m[0].Name != "one" || m[0].Fits != 1 {
		t.Errorf("its machines are %+v", m)
	}
	one.leave() // so that the host does not wait for what it gives back
	h.stop()
	<-h.ended
	if s, running, err := live.Read(h.file); running || err != nil {
		t.Errorf("after its end it tells %+v, %v", s, err)
	}
}

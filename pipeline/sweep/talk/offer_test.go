package talk

import (
	"errors"
	"strings"
	"testing"

	"flowsweep/experiments"
)

// hostSpec is a sweep of quick fits.
const hostSpec = `name: a
target: moons
train: {steps: 5, batch: 8}
seeds: 4
`

// plan returns the plan of a spec.
func plan(t *testing.T, text string) experiments.Plan {
	t.Helper()
	spec, err := experiments.Parse("spec.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := spec.Plan()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestOffer: what differs between a host and a worker is said, with what to do.
func TestOffer(t *testing.T) {
	t.Parallel()
	p := plan(t, hostSpec)
	o := Offer{Protocol: Protocol, Program: "1", Store: 7, Plan: PlanHash(p), Library: "lib", Rounding: "a", Spec: p.Spec.Text}
	other := plan(t, strings.Replace(hostSpec, "steps: 5", "steps: 6", 1))
	if err := errors.Join(o.CheckProgram("2", 7), o.CheckPlan("2", p)); err != nil {
		t.Error(err)
	}
	if caution, err := o.CheckBits("lib", "a"); caution != "" || err != nil {
		t.Error(caution, err)
	}
	newer, mixed := o, o
	newer.Store++
	mixed.Mixed = true
	_, library := o.CheckBits("another", "a")
	_, rounding := o.CheckBits("lib", "b")
	for want, err := range map[string]error{
		"use the same program on both":                   newer.CheckProgram("2", 7),
		"plans other fits and runs":                      o.CheckPlan("2", other),
		"onnxruntime has sha256 another here and lib":    library,
		"start the host with --mixed":                    rounding,
		"this machine rounds differently (b) than the h": rounding,
	} {
		var mismatch *MismatchError
		if !errors.As(err, &mismatch) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if caution, err := mixed.CheckBits("lib", "b"); err != nil || !strings.Contains(caution, "its rows say so") {
		t.Errorf("mixed: %q, %v", caution, err)
	}
	again, err := o.PlanWith(nil)
	if err != nil || PlanHash(again) != o.Plan {
		t.Errorf("the plan of the offer is another one (%v)", err)
	}
}

package facts

import (
	"math"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/oracle"
	"flowsweep/experiments/target"
)

func targetOf(t *testing.T, text string) target.Target {
	t.Helper()
	of, err := experiments.Parser{}.Target(text)
	if err != nil {
		t.Fatal(err)
	}
	return of
}

// TestFactsOfManyRowsTakeFewerDraws, so that they take no longer.
func TestFactsOfManyRowsTakeFewerDraws(t *testing.T) {
	t.Parallel()
	names := []string{"moons", "checkerboard", "{name: gaussians, count: 40000, layout: grid}"}
	for i, want := range []int{factDraws, factDraws, 2500} {
		target := targetOf(t, names[i])
		if got := drawsFor(target); got != want {
			t.Errorf("%s: %d draws, want %d", target.Name, got, want)
		}
	}
	many := oracle.Mixture{Means: flow.NewBatch(2*factWork/minDraws, 1)}
	target := targetOf(t, "moons")
	target.Law = many
	if got := drawsFor(target); got != minDraws {
		t.Errorf("%d draws, want %d", got, minDraws)
	}
}

// TestFactsOfClasses: given its class, a point of separated Gaussians is one of a single Gaussian of standard deviation r: the floor is
// r pi/2 and the entropy log(r sqrt(2 pi e)) a dimension, exactly.
func TestFactsOfClasses(t *testing.T) {
	t.Parallel()
	known := Of(targetOf(t, "{name: gaussians, label: component, std: 0.5}"), flow.CondOT)
	check := func(what string, got, se *experiments.Number, want float64) {
		t.Helper()
		if math.Abs(float64(*got)-want) > 1e-9 || *se != 0 {
			t.Errorf("%s: %v +- %v, want %g exactly", what, *got, *se, want)
		}
	}
	floor, entropy := .5*math.Pi/2, math.Log(2*math.Pi*math.E)+2*math.Log(.5)
	check("floor", known.Given.Floor, known.Given.FloorSE, floor)
	check("entropy", known.Given.Entropy, known.Given.EntropySE, entropy)
	if len(known.Given.Classes) != 8 {
		t.Fatalf("%d classes, want 8", len(known.Given.Classes))
	}
	for _, c := range known.Given.Classes {
		check("floor of "+c.Name, c.Floor, c.FloorSE, floor)
		check("entropy of "+c.Name, c.Entropy, c.EntropySE, entropy)
		if c.Share != 1./8 {
			t.Errorf("share of %s: %v", c.Name, c.Share)
		}
	}
	var text strings.Builder
	if err := known.Print(&text); err != nil || !strings.Contains(text.String(), "given           component") {
		t.Errorf("printed without its classes (%v):\n%s", err, text.String())
	}
	// Without a closed form, only the classes are known.
	known = Of(targetOf(t, "{name: pinwheel, label: arm}"), flow.CondOT)
	if known.Given == nil || known.Given.Floor != nil || len(known.Given.Classes) != 5 {
		t.Errorf("facts of a pinwheel: %+v", known.Given)
	}
}

package given_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/given"
)

func ExampleClasses() {
	species := given.Classes("species", []string{"Adelie", "Chinstrap", "Gentoo"}, []float64{.5, .2, .3})
	k, err := species.Index("Gentoo")
	row := species.Class(k)
	fmt.Println(row, species.Words(row), err)
	_, err = species.Index("Gento")
	fmt.Println(err)
	fmt.Println(species.Class(given.None), species.Words(species.Class(given.None)))
	// Output:
	// [0 0 1] Gentoo <nil>
	// unknown species "Gento" (have Adelie, Chinstrap, Gentoo): did you mean "Gentoo"?
	// [0 0 0] no condition
}

func ExampleCondition_Parse() {
	c := given.Condition{Numbers: []given.Number{{Name: "dose", Mean: 40, Std: 10}, {Name: "age", Mean: 50, Std: 20}}}
	row, err := c.Parse([]string{"age=60", "dose=25"})
	fmt.Println(row, c.Words(row), err)
	_, err = c.Parse([]string{"dose=25"})
	fmt.Println(err)
	// Output:
	// [1 -1.5 0.5] dose 25, age 60 <nil>
	// age is not given: add age=VALUE
}

// TestNothing: a row of zeros has no class and no numbers.
func TestNothing(t *testing.T) {
	t.Parallel()
	c := given.Condition{Numbers: []given.Number{{Name: "dose", Mean: 40, Std: 10}}}
	if v := c.Values(make([]float64, c.Width())); !math.IsNaN(v[0]) {
		t.Errorf("no condition has the dose %g", v[0])
	}
	if k := given.ClassOf([]float64{0, 0}); k != given.None {
		t.Errorf("no condition is of class %d", k)
	}
	if !(given.Condition{}).Empty() || c.Empty() || c.Width() != 2 {
		t.Errorf("a condition on a number has %d numbers a row, want 2", c.Width())
	}
	if got := given.Repeat([]float64{1, 2}, 2); !slices.Equal(got, []float64{1, 2, 1, 2}) {
		t.Errorf("a row twice is %v", got)
	}
}

// TestWrongWords: what cannot be parsed says what to do.
func TestWrongWords(t *testing.T) {
	t.Parallel()
	c := given.Condition{Numbers: []given.Number{{Name: "dose", Mean: 40, Std: 10}}}
	for word, want := range map[string]string{
		"dose": "is not name=value, such as dose=1.5", "dos=1": `did you mean "dose"?`, "dose=much": "use a finite number",
		"dose=inf": "use a finite number", "dose=1 dose=2": "given twice",
	} {
		if _, err := c.Parse(strings.Fields(word)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", word, err, want)
		}
	}
	if _, err := c.Index("a"); err == nil || !strings.Contains(err.Error(), "not conditional on classes") {
		t.Errorf("a class of numbers: %v", err)
	}
	if _, err := given.Classes("a", []string{"b", "c"}, nil).Parse([]string{"a=1"}); err == nil || !strings.Contains(err.Error(), "not conditional on numbers") {
		t.Errorf("numbers of classes: %v", err)
	}
}

package experiments

import (
	"fmt"
	"slices"
	"strings"
)

// Machine is one of the machines that shared a sweep, and what it did of it.
type Machine struct {
	Name     string // empty for what was made before others joined
	CPU      string
	Cores    int
	Rounding string  // see Environment; empty if unknown
	Fits     int     // that it finished
	Runs     int     // of the plan
	Seconds  float64 // of training
}

// RoundingCaution says that machines which round differently made the results, or is empty.
func (s Sweep) RoundingCaution() string {
	var roundings []string
	for _, m := range s.Machines {
		if m.Rounding != "" && !slices.Contains(roundings, m.Rounding) {
			roundings = append(roundings, m.Rounding)
		}
	}
	if len(roundings) < 2 {
		return ""
	}
	return fmt.Sprintf("the rows were made with %d roundings (%s): compare them with care. Machines with the same rounding, which flowsweep doctor prints, "+
		"give the bits of one.", len(roundings), strings.Join(roundings, ", "))
}

// Processors returns the number of different processors that shared the sweep.
func (s Sweep) Processors() int {
	seen := map[string]bool{}
	for _, m := range s.Machines {
		seen[m.CPU] = true
	}
	return len(seen)
}

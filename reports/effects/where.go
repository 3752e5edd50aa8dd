package effects

import (
	"fmt"
	"slices"
	"strings"
)

// where is the part of a sweep in which a factor is swept, if others have it fixed, as conditions of a spec do. To average over them
// would compare unlike settings.
type where struct {
	settings []Setting
	factor   int   // that decides whether it is swept; -1 if no single one does
	levels   []int // of that factor, where it is swept
	part     bool  // of the settings
}

// where returns the settings among which a factor is swept: all, unless the others have only values that go with one of a factor.
func (s Sweep) where(f int) where {
	all := where{settings: s.Settings, factor: -1}
	found := all
	found.settings = nil
	levels := map[string]map[int]bool{} // of the factor, by all others
	for _, x := range s.Settings {
		key := others(x, f)
		if levels[key] == nil {
			levels[key] = map[int]bool{}
		}
		levels[key][x.Levels[f]] = true
	}
	var fixed []Setting
	for _, x := range s.Settings {
		switch {
		case len(levels[others(x, f)]) > 1:
			found.settings = append(found.settings, x)
		case x.Levels[f] < 0: // the name of a solver says that it has no steps
			return all
		default:
			fixed = append(fixed, x)
		}
	}
	if len(fixed) == 0 || len(found.settings) == 0 {
		return all
	}
	found.part = true
	for g := range s.Factors {
		if levels, ok := decides(found.settings, fixed, g, f); ok {
			found.factor, found.levels = g, levels
			return found
		}
	}
	if oneLevel(fixed, f) {
		return found
	}
	return all
}

// others returns the levels of all factors but one.
func others(x Setting, f int) string { return fmt.Sprint(x.Levels[:f], x.Levels[f+1:]) }

func oneLevel(settings []Setting, f int) bool {
	return !slices.ContainsFunc(settings, func(x Setting) bool { return x.Levels[f] != settings[0].Levels[f] })
}

// decides reports whether factor g has other levels where f is swept than where it is fixed, and one level of f goes with each of the
// latter. It returns the former.
func decides(swept, fixed []Setting, g, f int) (levels []int, ok bool) {
	if g == f {
		return nil, false
	}
	fixedAt := map[int]int{}
	for _, x := range fixed {
		if level, seen := fixedAt[x.Levels[g]]; seen && level != x.Levels[f] {
			return nil, false
		}
		fixedAt[x.Levels[g]] = x.Levels[f]
	}
	for _, x := range swept {
		if _, fixed := fixedAt[x.Levels[g]]; fixed {
			return nil, false
		}
		if !slices.Contains(levels, x.Levels[g]) {
			levels = append(levels, x.Levels[g])
		}
	}
	slices.Sort(levels)
	return levels, true
}

// partly says which factors are swept for some settings only, or "".
func (s Sweep) partly(list []Effect) string {
	var parts []string
	for _, e := range list {
		w := s.where(e.Factor)
		if !w.part {
			continue
		}
		text := s.Factors[e.Factor].Name
		if w.factor >= 0 {
			names := make([]string, len(w.levels))
			for i, l := range w.levels {
				names[i] = s.Factors[w.factor].Levels[l]
			}
			text += " where " + s.Factors[w.factor].Name + " is " + strings.Join(names, " or ")
		}
		parts = append(parts, text)
	}
	if parts == nil {
		return ""
	}
	return " What differs among some settings only is averaged over those: " + strings.Join(parts, "; ") + "."
}

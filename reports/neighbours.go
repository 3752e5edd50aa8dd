package reports

import (
	"cmp"
	"slices"
	"strings"

	"flowsweep/experiments"
)

// maxPanels is the number of recipes with a drawing of their own in the figure of the choice: the chosen net and its neighbours.
const maxPanels = 4

// shown keeps the lines of the chosen recipe and of its nearest neighbours, n recipes in all, and counts the recipes left out. Other
// recipes say little that is new, and a few that one metric likes may be junk: the figures of what is swept are about all of them.
// With several targets, the chosen recipe of each is shown.
func (r report) shown(all []series, n int) (kept []series, dropped int) {
	recipe := func(s series) string { return s.recipe }
	recipes := distinct(all, recipe)
	if r.chosen < 0 {
		return best(all, recipe, n)
	}
	var ranked []string
	for i := range r.Summaries {
		if r.isChosen(i) && slices.Contains(recipes, r.labels.Recipe(i)) && i != r.chosen {
			ranked = append(ranked, r.labels.Recipe(i))
		}
	}
	n = max(n, min(maxDrawings, 1+len(ranked)))
	ranked = slices.Concat([]string{r.labels.Recipe(r.chosen)}, ranked, r.neighbours(recipes))
	nearest := map[string]bool{}
	for _, name := range ranked {
		if len(nearest) < n && slices.Contains(recipes, name) {
			nearest[name] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(s series) bool { return !nearest[s.recipe] }), len(recipes) - len(nearest)
}

// distance is how far a recipe is from the chosen one: in how many swept fields it differs, and then by how many levels.
type distance struct{ fields, levels int }

// neighbours returns the recipes by their distance from the chosen one.
func (r report) neighbours(recipes []string) []string {
	far := map[string]distance{}
	for i := range r.Summaries {
		name := r.labels.Recipe(i)
		if _, known := far[name]; !known {
			far[name] = r.distance(i)
		}
	}
	list := slices.Clone(recipes)
	slices.SortStableFunc(list, func(a, b string) int {
		return cmp.Or(cmp.Compare(far[a].fields, far[b].fields), cmp.Compare(far[a].levels, far[b].levels))
	})
	return list
}

// distance returns the distance of the recipe of setting i from that of the chosen one.
func (r report) distance(i int) (d distance) {
	for _, f := range r.swept {
		if own, its := f.Values[r.chosen], f.Values[i]; !ofSampling(f) && own != its {
			steps := slices.Index(f.Levels, own) - slices.Index(f.Levels, its)
			d.fields, d.levels = d.fields+1, d.levels+max(steps, -steps)
		}
	}
	return d
}

// nearest returns at most maxPanels of the recipes, in their order: the chosen one and the nearest to it, or the first if nothing is chosen.
func (r report) nearest(recipes []string) []string {
	if len(recipes) <= maxPanels {
		return recipes
	}
	kept := recipes
	if r.chosen >= 0 {
		kept = r.neighbours(recipes)
	}
	kept = kept[:maxPanels]
	return slices.DeleteFunc(slices.Clone(recipes), func(name string) bool { return !slices.Contains(kept, name) })
}

// ofSampling reports whether a swept field says how a net is sampled, not which net it is.
func ofSampling(f experiments.Swept) bool { return strings.HasPrefix(f.Key, "sample.") }

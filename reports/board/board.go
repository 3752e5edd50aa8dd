// Package board arranges the rows of a leaderboard: by rank, and by what they have in common where that helps.
//
//	b := board.Board{Head: head, Groups: board.Grouped(rows, note)}
//	b.First() // is always open
//	b.Rest()  // what is closed at first, or nil
package board

import (
	"cmp"
	"html/template"
	"math"
	"slices"
)

// Row is a setting, or a baseline.
type Row struct {
	Setting                int    // index of the setting, or of the baseline after the settings
	Of, How                string // the recipe, if recipes differ, and how it is sampled
	Full                   string // the setting with every part
	Rank                   int    // from 1, or 0 without one
	Mean                   float64
	Chosen, Tied, Baseline bool
	Cells                  []Cell

	place int  // among all, from 1
	open  bool // always
}

// Cell is a text, the number to sort it by, and what marks it.
type Cell struct {
	Text, Ends string // the ends of an interval have their own line
	Sort       string // "inf" comes last in either direction
	InNoise    bool
	Strip      template.HTML // the interval as a drawing
}

// Column is a heading, with the scale of its drawings.
type Column struct{ Text, Scale string }

// Group is rows with something in common.
type Group struct {
	Name, Whole string // what that is, and what it is short for; empty if it goes without saying
	Note        string
	Rows        []Row
	At          int // its place among all
}

// Board is a leaderboard.
type Board struct {
	Head   []Column
	Groups []Group
	Cut    int // number of settings left out, the last of all
}

const (
	// TopRows is the number of the best rows, which are always open.
	TopRows      = 10
	fewMore      = 2 // rows that are not worth closing
	topBaselines = 4 // baselines that are always open
	// MaxRows is the maximum number of settings listed.
	MaxRows = 2000
)

// Grouped ranks the rows by their means, lowest first and those without one last, and groups them by recipe if there are several
// with at least two settings each on average. Groups come in the order of their best. Baselines have no rank and a group of their own,
// after the others. about names what a recipe is short for, and says more about it.
func Grouped(rows []Row, about func(first Row) (whole, note string)) []Group {
	settings := slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return r.Baseline })
	baselines := slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return !r.Baseline })
	sortByMean(settings)
	sortByMean(baselines)
	for i := range settings {
		settings[i].place = i + 1
		if !math.IsInf(key(settings[i]), 1) {
			settings[i].Rank = i + 1
		}
	}
	groups := byRecipe(settings, about)
	if len(baselines) > 0 {
		groups = append(groups, Group{Name: "Baselines", Note: "from no net", Rows: baselines})
	}
	open(groups, len(settings))
	for i := range groups {
		groups[i].At = i
	}
	return groups
}

func key(r Row) float64 {
	if math.IsNaN(r.Mean) {
		return math.Inf(1)
	}
	return r.Mean
}

func sortByMean(rows []Row) {
	slices.SortStableFunc(rows, func(a, b Row) int { return cmp.Compare(key(a), key(b)) })
}

// byRecipe groups ranked rows.
func byRecipe(ranked []Row, about func(Row) (whole, note string)) (groups []Group) {
	if len(ranked) == 0 {
		return nil
	}
	at := map[string]int{}
	for _, r := range ranked {
		i, seen := at[r.Of]
		if !seen {
			i = len(groups)
			at[r.Of] = i
			g := Group{Name: r.Of}
			g.Whole, g.Note = about(r)
			groups = append(groups, g)
		}
		groups[i].Rows = append(groups[i].Rows, r)
	}
	if len(groups) > 1 && len(ranked) >= 2*len(groups) {
		return groups
	}
	return []Group{{Rows: ranked}}
}

// open decides which rows are always open: the best and the chosen ones, and some baselines.
func open(groups []Group, settings int) {
	for _, g := range groups {
		for i := range g.Rows {
			r := &g.Rows[i]
			switch {
			case r.Baseline:
				r.open = i < topBaselines || len(g.Rows) <= topBaselines+fewMore
			case settings <= TopRows+fewMore:
				r.open = true
			default:
				r.open = r.Chosen || r.place <= TopRows
			}
		}
	}
}

// Len returns the number of rows.
func (b Board) Len() (n int) {
	for _, g := range b.Groups {
		n += len(g.Rows)
	}
	return n
}

// First returns the part that is always open.
func (b Board) First() Board { return b.part(func(r Row) bool { return r.open }) }

// Rest returns the part that is closed at first, or nil.
func (b Board) Rest() *Board {
	rest := b.part(func(r Row) bool { return !r.open })
	if len(rest.Groups) == 0 {
		return nil
	}
	return &rest
}

func (b Board) part(keep func(Row) bool) Board {
	part := Board{Head: b.Head}
	for _, g := range b.Groups {
		g.Rows = slices.DeleteFunc(slices.Clone(g.Rows), func(r Row) bool { return !keep(r) })
		if len(g.Rows) > 0 {
			part.Groups = append(part.Groups, g)
		}
	}
	return part
}

// Limited returns the board without the settings beyond the last place to list, apart from the chosen ones.
func (b Board) Limited() Board {
	limited := b.part(func(r Row) bool { return r.Chosen || r.Baseline || r.place <= MaxRows })
	limited.Cut = b.Len() - limited.Len()
	return limited
}

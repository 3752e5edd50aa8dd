package kinds

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// maxCategories is the largest number of categories of a column that is declared categorical: each is a coordinate.
const maxCategories = 1000

// half is the size of a coordinate of a category. Two different categories are 1/sqrt(2) apart, as in ForestDiffusion
// (arXiv 2309.09968).
const half = .5

// Categorical columns are learnt as one-hot vectors, divided by 2. The largest coordinate names the category.
var Categorical = Kind{Name: "categorical", rules: &rules{
	doc: "one of a list of words, learnt as one-hot vectors divided by 2", arguments: "nothing, or the list of categories", Discrete: true, OneHot: true,
	with: func(k Kind, arguments []string) (Kind, error) {
		for i, a := range arguments {
			if slices.Contains(arguments[:i], a) {
				return k, fmt.Errorf("the category %q is there twice: leave one out", a)
			}
		}
		k.Categories = slices.Clone(arguments)
		return k, nil
	},
	take: takeCategories,
	learn: func(k Kind, _ []float64) Coder {
		return Coder{Kind: k, High: float64(len(k.Categories) - 1)}
	},
	width: func(k Kind) int {
		if len(k.Categories) == 1 {
			return 0 // nothing to learn
		}
		return len(k.Categories)
	},
	code: func(_ Coder, x float64, to []float64) {
		if len(to) > 0 {
			clear(to)
			to[int(x)] = half
		}
	},
	pick: func(_ Coder, from []float64) float64 {
		best := 0
		for i, v := range from {
			if v > from[best] || math.IsNaN(from[best]) && !math.IsNaN(v) {
				best = i
			}
		}
		return float64(best)
	},
	// The largest coordinate and that of x would have to move towards each other.
	miss: func(c Coder, code, unit []float64, x float64) float64 {
		if x != math.Trunc(x) || x < 0 || x > c.High {
			return math.Inf(1)
		}
		if len(code) == 0 {
			return 0
		}
		return (slices.Max(code) - code[int(x)]) / 2 / unit[0]
	},
	span: func(c Coder) string {
		list := c.Kind.Categories
		if len(list) > 8 {
			return fmt.Sprintf("%d categories: %s, ...", len(list), strings.Join(list[:7], ", "))
		}
		return strings.Join(list, ", ")
	},
}}

// takeCategories returns the codes of a column's texts, or of its numbers as texts. Categories that are not declared are those of all
// rows, in the order of the alphabet or of the numbers.
func takeCategories(k Kind, c Column) (Kind, []float64, error) {
	if k.Categories == nil {
		if k.Categories = c.categories(); len(k.Categories) > maxCategories {
			return k, nil, fmt.Errorf("it has %d categories: at most %d can be learnt: leave it out", len(k.Categories), maxCategories)
		}
	}
	codes := map[string]float64{}
	for i, name := range k.Categories {
		codes[name] = float64(i)
	}
	values := make([]float64, len(c.Values))
	for i := range values {
		text := c.text(i)
		code, ok := codes[text]
		switch {
		case text == "":
			code = math.NaN()
		case !ok:
			return k, nil, fmt.Errorf("it has the value %q, which is none of its categories (%s): add it, or leave the row out", text, strings.Join(k.Categories, ", "))
		}
		values[i] = code
	}
	return k, values, nil
}

// text returns a cell as a category, or "" if it is missing.
func (c Column) text(i int) string {
	switch {
	case c.Texts != nil:
		return strings.TrimSpace(c.Texts[i])
	case math.IsNaN(c.Values[i]):
		return ""
	default:
		return strconv.FormatFloat(c.Values[i], 'g', -1, 64)
	}
}

func (c Column) firstText() string {
	for _, text := range c.Texts {
		if _, err := strconv.ParseFloat(text, 64); text != "" && err != nil {
			return text
		}
	}
	return ""
}

// categories returns the different values of a column.
func (c Column) categories() (list []string) {
	seen := map[string]bool{}
	numbers := true
	for i := range c.Values {
		text := c.text(i)
		if text == "" || seen[text] {
			continue
		}
		_, err := strconv.ParseFloat(text, 64)
		seen[text], list, numbers = true, append(list, text), numbers && err == nil
	}
	slices.Sort(list)
	if numbers {
		slices.SortStableFunc(list, func(a, b string) int {
			x, _ := strconv.ParseFloat(a, 64)
			y, _ := strconv.ParseFloat(b, 64)
			return cmp.Compare(x, y)
		})
	}
	return list
}

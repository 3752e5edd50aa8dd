package kinds

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"flowsweep/experiments/flow"
)

// What a guess takes. Kinds are worth asking for where a column is another; a guess must not harm one that is plainly real.
const (
	guessRows       = 50  // rows from which numbers are taken for more than real ones
	guessCategories = 100 // categories of a column of words, which each stand in two rows or more on average
	heavyTail       = 1.  // the skewness from which positive numbers are learnt as logs: that of a log-normal of sigma .31, or of a gamma of shape 4
)

// Guess returns the kind that a column seems to be of, from all its rows:
//
//   - words are categories, if there are at most 100 and they repeat; otherwise an error says why the column is better left out;
//   - one number is constant;
//   - whole numbers are integer, unless their standard deviation is 100 or more, where rounding makes no difference to a flow;
//   - numbers in [0, 1] on both sides of its middle are bounded there;
//   - numbers above 0 whose skewness is at least 1 are positive;
//   - others are real, and so are those in fewer than 50 rows.
func Guess(c Column) (Kind, error) {
	if c.Texts != nil {
		return guessWords(c)
	}
	values := slices.DeleteFunc(slices.Clone(c.Values), math.IsNaN)
	slices.Sort(values)
	n := len(values)
	if n > 1 && values[0] == values[n-1] && flow.Finite(values[0]) {
		return Constant, nil
	}
	if n < guessRows || math.IsInf(values[0], 0) || math.IsInf(values[n-1], 0) {
		return Real, nil
	}
	low, high, mean := values[0], values[n-1], 0.
	whole := true
	for _, v := range values {
		mean += v / float64(n)
		whole = whole && v == math.Trunc(v) && math.Abs(v) < 1<<53
	}
	switch {
	case whole && deviation(values) < fineGrain:
		return Integer, nil
	case !whole && 0 <= low && low < .5 && .5 < high && high <= 1:
		return Of(Bounded.Name, "0", "1")
	case low > math.Exp(lowestLog) && high < math.Exp(highestLog) && skewness(values, mean) >= heavyTail:
		return Positive, nil
	}
	return Real, nil
}

// guessWords is Guess for a column of words.
func guessWords(c Column) (Kind, error) {
	numbers, filled := 0, 0
	for i := range c.Texts {
		text := c.text(i)
		if text == "" {
			continue
		}
		filled++
		if _, err := strconv.ParseFloat(text, 64); err == nil {
			numbers++
		}
	}
	list := c.categories()
	switch {
	case 2*numbers > filled:
		return Kind{}, fmt.Errorf("%d of its %d values are numbers, and %q is not: correct it", numbers, filled, c.firstText())
	case len(list) > guessCategories || 2*len(list) > filled:
		return Kind{}, fmt.Errorf("it has %d different values in %d rows, too many for categories", len(list), filled)
	}
	return Categorical, nil
}

// skewness returns the third central moment in standard deviations.
func skewness(values []float64, mean float64) float64 {
	cube, std := 0., deviation(values)
	for _, v := range values {
		cube += math.Pow((v-mean)/std, 3) / float64(len(values))
	}
	return cube
}

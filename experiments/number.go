package experiments

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// Calls is a mean number of velocity calls. It is whole except for solvers that choose their steps for each sample.
type Calls float64

// MarshalJSON returns the number to nine digits, which removes the rounding errors of the mean.
func (c Calls) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(c), 'g', 9, 64), nil
}

// String returns the number with at most one decimal place.
func (c Calls) String() string { return strconv.FormatFloat(math.Round(10*float64(c))/10, 'f', -1, 64) }

// Number is a float64 that may be NaN or infinite in JSON, as one of the strings "nan", "inf" and "-inf".
type Number float64

// MarshalJSON returns the number, or a string if it is not finite.
func (n Number) MarshalJSON() ([]byte, error) {
	switch x := float64(n); {
	case math.IsNaN(x), math.IsInf(x, 0):
		return json.Marshal(n.String())
	default:
		return json.Marshal(x)
	}
}

// UnmarshalJSON parses the output of MarshalJSON.
func (n *Number) UnmarshalJSON(text []byte) error {
	if len(text) == 0 || text[0] != '"' {
		return json.Unmarshal(text, (*float64)(n))
	}
	var word string
	if err := json.Unmarshal(text, &word); err != nil {
		return err
	}
	x, err := strconv.ParseFloat(word, 64)
	*n = Number(x)
	return err
}

// String returns the number in its shortest form, or "nan", "inf" or "-inf" if it is not finite.
func (n Number) String() string {
	return strings.TrimPrefix(strings.ToLower(strconv.FormatFloat(float64(n), 'g', -1, 64)), "+")
}

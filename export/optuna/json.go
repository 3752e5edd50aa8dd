package optuna

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// jsonOf returns a value as JSON that Python reads with the same type: a float64 has a point or an exponent. Numbers that are not finite
// are texts, as in `flowsweep runs --json`, since browsers cannot read Python's NaN.
func jsonOf(v any) string {
	switch v := v.(type) {
	case float64:
		return floatOf(v)
	case []float64:
		list := make([]string, len(v))
		for i, x := range v {
			list[i] = floatOf(x)
		}
		return "[" + strings.Join(list, ", ") + "]"
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("optuna: " + err.Error())
	}
	return strings.TrimSuffix(text.String(), "\n")
}

func floatOf(x float64) string {
	switch {
	case math.IsNaN(x):
		return `"nan"`
	case math.IsInf(x, 1):
		return `"inf"`
	case math.IsInf(x, -1):
		return `"-inf"`
	}
	text := strconv.FormatFloat(x, 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}

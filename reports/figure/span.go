package figure

// Span is a range of one coordinate.
type Span struct{ Low, High float64 }

// Widen scales the span by the factor around its middle.
func (s Span) Widen(factor float64) Span {
	middle, half := (s.Low+s.High)/2, (s.High-s.Low)/2*factor
	return Span{middle - half, middle + half}
}

// Nearest returns the place in the span that is nearest to x.
func (s Span) Nearest(x float64) float64 { return min(max(x, s.Low), s.High) }

// Has reports whether x lies in the span.
func (s Span) Has(x float64) bool { return x >= s.Low && x <= s.High }

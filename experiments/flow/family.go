package flow

// Family is a kind of value that a spec can name, with the parameters it takes and their defaults. The paths "polynomial",
// for example, take a power, which is 2 unless the spec gives another.
type Family[T any] struct {
	Name    string
	Default Maker[T]
}

// Maker holds a family's parameters, as a struct whose fields a spec can set. Make checks them and returns an error that
// names the parameter at fault.
type Maker[T any] interface {
	Make() (T, error)
}

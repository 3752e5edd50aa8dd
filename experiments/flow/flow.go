// Package flow defines the basic terms of flow matching: batches of points, velocity fields, probability paths,
// couplings and seeded randomness.
//
// Arguments come in the order (t, x); t = 0 is noise and t = 1 is data. An exact velocity, a trained net and an
// onnxruntime session are all Fields, and ode.Solve works with any of them.
package flow

// Field is a velocity u(t, x) in units of x per unit of t. For points x, (n, d), it returns u, (n, d), as a new batch.
// It must not be called from several goroutines at once.
type Field func(t float64, x Batch) (Batch, error)

// RowField is a velocity with a separate time for every point: t is (n), x and u are (n, d). Adaptive solvers use it,
// since each sample has its own steps. It must not be called from several goroutines at once.
type RowField func(t []float64, x Batch) (Batch, error)

// Field returns the field with one time for all points.
func (f RowField) Field() Field {
	return func(t float64, x Batch) (Batch, error) {
		ts := make([]float64, x.Len())
		for i := range ts {
			ts[i] = t
		}
		return f(ts, x)
	}
}

// DivField is a velocity with its divergence, sum_i du_i/dx_i, (n), in units of 1/t, from which log densities are
// integrated. It must not be called from several goroutines at once.
type DivField func(t float64, x Batch) (u Batch, div []float64, err error)

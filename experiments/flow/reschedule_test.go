package flow_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
)

// mixture is the exact velocity on a path from N(0, I) to 0.7 N(m, r^2 I) + 0.3 N(-m, r^2 I):
//
//	u = sum_i w_i (a' m_i + c (x - a m_i)),  c = (a a' r^2 + s s') / v,  v = a^2 r^2 + s^2,
//	w_i proportional to pi_i exp(-|x - a m_i|^2 / (2 v))
func mixture(p flow.Path, m []float64, r float64) flow.Field {
	return func(t float64, x flow.Batch) (flow.Batch, error) {
		a, s, da, ds := p.Alpha(t), p.Sigma(t), p.DAlpha(t), p.DSigma(t)
		v := a*a*r*r + s*s
		c := (a*da*r*r + s*ds) / v
		u := flow.NewBatch(x.Len(), x.Dim)
		for i := range x.Len() {
			dot := 0.
			for j, xj := range x.Row(i) {
				dot += xj * m[j]
			}
			excess := math.Tanh(a*dot/v + math.Log(.7/.3)/2) // weight of m minus that of -m
			for j, xj := range x.Row(i) {
				u.Row(i)[j] = c*xj + (da-c*a)*excess*m[j]
			}
		}
		return u, nil
	}
}

// solved moves x0 along u from one time to another in 400 steps, which are short near t = 0, where some paths have
// infinite velocity.
func solved(t *testing.T, u flow.Field, from, to float64, x0 flow.Batch) flow.Batch {
	t.Helper()
	ts := ode.Uniform(400)
	for i, at := range ts {
		ts[i] = from + (to-from)*at*at
	}
	x1, _, err := ode.Solve(u, ode.RK4, ts, x0)
	if err != nil {
		t.Fatal(err)
	}
	return x1
}

func times(x flow.Batch, by float64) flow.Batch {
	x = x.Clone()
	for i := range x.Data {
		x.Data[i] *= by
	}
	return x
}

// apart returns the largest difference of two coordinates, or NaN if there is one.
func apart(a, b flow.Batch) float64 {
	largest := 0.
	for i, v := range a.Data {
		if d := math.Abs(v - b.Data[i]); !(d <= largest) {
			largest = d
		}
	}
	return largest
}

// schedulePaths returns the default of every family, and paths with special ends.
func schedulePaths(t *testing.T) []flow.Path {
	t.Helper()
	paths := flow.Defaults(flow.PathFamilies)
	for _, maker := range []flow.Maker[flow.Path]{
		flow.Polynomial{Power: .5},
		flow.Polynomial{Power: 4},
		flow.Custom{Alpha: "smoothstep", Sigma: "smoothstep"},
		flow.Custom{Alpha: "circular", Sigma: "circular"},
		flow.Custom{Alpha: "linear", Sigma: "quadratic"},
	} {
		p, err := maker.Make()
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, p)
	}
	return paths
}

// TestReschedule: the exact field of every path, converted to CondOT, moves the same noise to the same points as the
// exact field of CondOT, and so does that of CondOT converted to every path.
func TestReschedule(t *testing.T) {
	t.Parallel()
	m, r := []float64{1, -.5}, .4
	x0 := flow.NewBatch(20, 2)
	flow.NewStream(1, "noise").Normal(x0, 0)
	straight := mixture(flow.CondOT, m, r)
	want := solved(t, straight, 0, 1, x0)
	for _, p := range schedulePaths(t) {
		// VP starts at a ratio above 0. Its first point is, up to a scale, the point at which CondOT has that ratio.
		start := flow.CondOT.TimeOfSNR(p.SNR(0))
		first := times(solved(t, straight, 0, start, x0), p.Sigma(0)/flow.CondOT.Sigma(start))
		// The solver is exact to 1e-9. If a derivative is infinite or vanishes at an end, the field is constant over
		// the last 1e-5, where it would change by a relative 1e-5, or sqrt(1e-5) if it behaves like a square root. The
		// error is 1e-5 times that. A path that starts like sqrt(t) or faster moves by 3e-3 in its first 1e-5, and a
		// constant field misses half of it.
		const tol = 1e-6
		tolTo := tol
		if math.IsInf(p.DAlpha(0), 0) {
			tolTo = 5e-3
		}
		if d := apart(solved(t, flow.Reschedule(straight, flow.CondOT, p), 0, 1, first), want); !(d < tolTo) {
			t.Errorf("condot converted to %s ends %g apart, want below %g", p, d, tolTo)
		}
		if d := apart(solved(t, flow.Reschedule(mixture(p, m, r), p, p), 0, 1, first), want); !(d < tolTo) {
			t.Errorf("%s converted to itself ends %g apart, want below %g", p, d, tolTo)
		}
		got := solved(t, flow.Reschedule(mixture(p, m, r), p, flow.CondOT), start, 1, solved(t, straight, 0, start, x0))
		if d := apart(got, want); !(d < tol) {
			t.Errorf("%s converted to condot ends %g apart, want below %g", p, d, tol)
		}
		// A ratio below the smallest of VP is replaced by that. The field jumps where this ends, so one grid ends just
		// before it.
		converted := flow.Reschedule(mixture(p, m, r), p, flow.CondOT)
		got = solved(t, converted, start, 1, solved(t, converted, 0, start*(1-1e-12), x0))
		itself := solved(t, flow.Reschedule(mixture(p, m, r), p, p), 0, 1, times(x0, p.Sigma(0)))
		if d := apart(got, itself); !(d < tolTo) {
			t.Errorf("%s converted to condot and to itself end %g apart, want below %g", p, d, tolTo)
		}
	}
}

// TestRescheduleAsksWhereTheFieldIsDefined: a field of a path whose sigma' is infinite at t = 1 is never evaluated
// there, and its errors are returned.
func TestRescheduleAsksWhereTheFieldIsDefined(t *testing.T) {
	t.Parallel()
	x := flow.Batch{Dim: 1, Data: []float64{1}}
	for _, r := range []float64{0, 1e-9, .5, 1 - 1e-9, 1} {
		u, err := flow.Reschedule(mixture(flow.LinearVP, []float64{1}, .4), flow.LinearVP, flow.CondOT)(r, x)
		if err != nil || math.IsNaN(u.Data[0]) || math.IsInf(u.Data[0], 0) {
			t.Errorf("at t = %g the velocity is %v (%v)", r, u.Data, err)
		}
	}
	broken := func(float64, flow.Batch) (flow.Batch, error) { return flow.Batch{}, fmt.Errorf("broken") }
	if _, err := flow.Reschedule(broken, flow.CondOT, flow.Cosine)(.5, x); err == nil || err.Error() != "broken" {
		t.Errorf("got %v, want the error of the field", err)
	}
}

func ExampleReschedule() {
	// The exact velocity of CondOT from N(0, I) to the point 2, converted to the cosine path.
	straight := func(t float64, x flow.Batch) (flow.Batch, error) {
		return flow.Batch{Dim: 1, Data: []float64{(2 - x.Data[0]) / (1 - t)}}, nil
	}
	u, _ := flow.Reschedule(straight, flow.CondOT, flow.Cosine)(.5, flow.Batch{Dim: 1, Data: []float64{math.Sqrt2}})
	fmt.Printf("%.4f\n", u.Data[0]) // 2 alpha', since x is 2 alpha and so the noise is 0
	// Output: 2.2214
}

// TestRescheduleRows: a point with its own time has the same velocity as in a batch at that time.
func TestRescheduleRows(t *testing.T) {
	t.Parallel()
	linear := flow.RowField(func(ts []float64, x flow.Batch) (flow.Batch, error) {
		u := x.Clone()
		for i, ti := range ts {
			u.Data[i] = ti + 2*u.Data[i]
		}
		return u, nil
	})
	ts, x := []float64{.1, .7, .7, 0, 1}, flow.Batch{Dim: 1, Data: []float64{1, -2, 3, .5, -.5}}
	rows, err := flow.RescheduleRows(linear, flow.CondOT, flow.Cosine)(ts, x)
	if err != nil {
		t.Fatal(err)
	}
	for i, ti := range ts {
		alone, err := flow.Reschedule(linear.Field(), flow.CondOT, flow.Cosine)(ti, x.Slice(i, i+1))
		if err != nil || alone.Data[0] != rows.Data[i] {
			t.Errorf("t = %g, x = %g: %g among others and %g alone (%v)", ti, x.Data[i], rows.Data[i], alone.Data[0], err)
		}
	}
}

// TestRescheduleDiv compares with the trace of the field's slopes, which are exact for fields linear in x.
func TestRescheduleDiv(t *testing.T) {
	t.Parallel()
	linear := func(t float64, x flow.Batch) (flow.Batch, []float64, error) {
		out, div := flow.NewBatch(x.Len(), 2), make([]float64, x.Len())
		for i := range x.Len() {
			out.Row(i)[0], out.Row(i)[1] = (1+t)*x.Row(i)[0]+2*x.Row(i)[1], t*x.Row(i)[0]-3*x.Row(i)[1]
			div[i] = 1 + t - 3
		}
		return out, div, nil
	}
	field := func(t float64, x flow.Batch) (flow.Batch, error) { v, _, err := linear(t, x); return v, err }
	for _, to := range []flow.Path{flow.CondOT, flow.Cosine, flow.LinearVP} {
		for _, r := range []float64{.1, .5, .9} {
			v, div, err := flow.RescheduleDiv(linear, flow.CondOT, to)(r, flow.Batch{Dim: 2, Data: []float64{0, 0, 1, 0, 0, 1}})
			if err != nil {
				t.Fatal(err)
			}
			same, err := flow.Reschedule(field, flow.CondOT, to)(r, flow.Batch{Dim: 2, Data: []float64{0, 0, 1, 0, 0, 1}})
			if err != nil {
				t.Fatal(err)
			}
			want := v.Row(1)[0] + v.Row(2)[1] // v is 0 at 0
			if len(div) != 3 || math.Abs(div[0]-want) > 1e-12*(1+math.Abs(want)) || !slices.Equal(v.Data, same.Data) {
				t.Errorf("to %s at %g: divergence %v, want %g; velocity %v, want %v", to, r, div, want, v.Data, same.Data)
			}
		}
	}
}

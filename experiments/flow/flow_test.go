package flow

import "testing"

func TestRowFieldAtOneTime(t *testing.T) {
	t.Parallel()
	rows := RowField(func(ts []float64, x Batch) (Batch, error) {
		u := x.Clone()
		for i, ti := range ts {
			u.Data[i] += ti
		}
		return u, nil
	})
	u, err := rows.Field()(.5, Batch{Dim: 1, Data: []float64{1, 2}})
	if err != nil || u.Data[0] != 1.5 || u.Data[1] != 2.5 {
		t.Errorf("x + t at t = 0.5 and x = 1, 2 is %v (%v)", u.Data, err)
	}
}

package ship

import (
	"encoding/json"
	"testing"

	"flowsweep/pipeline/saved"
	"flowsweep/reports/motion"
	"flowsweep/store"
)

// TestStoredFlow: the stored flow of the chosen run is shown, but neither that of another run nor one of another form, even if it cannot be
// read. Without any, as in stores of earlier versions, there is none.
func TestStoredFlow(t *testing.T) {
	t.Parallel()
	p := plan(t, "name: a\ntarget: moons\nseeds: 2\nmetrics: [npe, mmd]\nchoose: {metric: npe}\nsample: {steps: 1, count: 50}\ncoupling: [independent, reflow]\n")
	db := classroom(t, p)
	sweep, err := saved.Sweep(t.Context(), db, "a")
	if err != nil {
		t.Fatal(err)
	}
	o := New(sweep)
	if o.NoChoice != nil {
		t.Fatal(o.NoChoice)
	}
	text := func(f motion.Flow) string {
		text, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	chosen := o.Choice.Run.Run
	for name, c := range map[string]struct {
		file  string
		shown bool
	}{
		"none": {}, "its own": {text(motion.Flow{Version: motion.Version, Run: chosen, Apart: []float64{.5}}), true},
		"of another run":  {file: text(motion.Flow{Version: motion.Version, Run: "other"})},
		"of another form": {file: `{"version": 99, "run": "` + chosen + `", "net": [1]}`},
	} {
		var files []store.File
		if c.file != "" {
			files = append(files, store.File{Name: flowFile, Content: []byte(c.file)})
		}
		if err := db.Ship(t.Context(), "a", files, nil); err != nil {
			t.Fatal(err)
		}
		f, err := o.storedFlow(t.Context(), db)
		if err != nil || (f != nil) != c.shown || f != nil && f.Apart[0] != .5 {
			t.Errorf("%s: %+v (%v), shown %t", name, f, err, c.shown)
		}
	}
	if err := db.Ship(t.Context(), "a", []store.File{{Name: flowFile, Content: []byte("{")}}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := o.storedFlow(t.Context(), db); err == nil {
		t.Error("a broken file is no error")
	}
}

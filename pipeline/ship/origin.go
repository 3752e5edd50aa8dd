package ship

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"

	"flowsweep/experiments"
)

// origin is the sweep and the setting that a run is exported of. The zero value is that of a run by itself.
type origin struct {
	sweep   experiments.Sweep
	setting experiments.Summary
}

// properties returns what the metadata of the files says of the origin: the sweep, the key of its spec, and the metrics of
// all seeds, which tell more than those of the one that is exported.
func (o origin) properties() map[string]string {
	if o.sweep.Name == "" {
		return nil
	}
	properties := map[string]string{
		"sweep": o.sweep.Name, "spec": specKey(o.sweep.Results), "seeds": fmt.Sprint(len(o.setting.Runs)),
	}
	for _, st := range o.setting.Metrics {
		properties["metric."+st.Name+".seeds"] = fmt.Sprintf("mean %s of %d", st.Interval(), st.N)
	}
	return properties
}

// specKey returns a key of all that a sweep does: a hash of the keys of its runs, so that neither comments nor the order of
// things in the spec count.
func specKey(results []experiments.Result) string {
	var keys []string
	for _, r := range results {
		keys = append(keys, r.Run)
	}
	slices.Sort(keys)
	return fmt.Sprintf("%x", sha256.Sum256([]byte(experiments.Form(keys))))[:16]
}

// dataHash returns the sha256 of the rows of a target or source that is a file of data, and nothing for others.
func dataHash(law any) string {
	var data struct {
		SHA256 string `json:"sha256"`
	}
	text, err := json.Marshal(law)
	if err != nil || json.Unmarshal(text, &data) != nil {
		return ""
	}
	return data.SHA256
}

// licence is what can be said honestly: the program has no claim on what is trained with it.
const licence = "weights: for whoever trained them to say, subject to the licence of the data; flowsweep, which wrote the file, claims nothing"

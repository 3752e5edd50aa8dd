package mlflow

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"flowsweep/export/tracked"
)

// run is a run of MLflow.
type run struct {
	id, parent, name string // parent is empty if there is none
	status           string
	start, end       time.Time
	params           []tracked.Param
	metrics          []point
	tags             map[string]string
	files            []tracked.File
}

// point is a value of a metric.
type point struct {
	key   string
	step  int
	value float64
	at    time.Time
}

// run writes a run of an experiment.
func (w *writer) run(experiment int, r run) error {
	folder := experimentFolder(experiment) + "/" + r.id + "/artifacts"
	if err := w.exec(`INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time,
		source_version, lifecycle_stage, artifact_uri, experiment_id) VALUES (?, ?, 'UNKNOWN', '', '', '', ?, ?, ?, '', 'active', ?, ?)`,
		r.id, cut(r.name, maxRunName), r.status, millis(r.start), millis(r.end), w.location(folder), experiment); err != nil {
		return err
	}
	r.tags["mlflow.runName"], r.tags["mlflow.source.name"], r.tags["mlflow.source.type"] = r.name, "flowsweep", "LOCAL"
	if r.parent != "" {
		r.tags["mlflow.parentRunId"] = r.parent
	}
	for _, key := range slices.Sorted(maps.Keys(r.tags)) {
		text := r.tags[key]
		r.keepWhole(key, text, maxTag)
		if err := w.exec(`INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)`, cut(key, maxKey), cut(text, maxTag), r.id); err != nil {
			return err
		}
	}
	names := names{}
	for _, p := range r.params {
		text := textOf(p.Value)
		r.keepWhole(p.Name, text, maxParam)
		if err := w.exec(`INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)`, names.of(p.Name), cut(text, maxParam), r.id); err != nil {
			return err
		}
	}
	if err := w.metrics(r); err != nil {
		return err
	}
	for _, f := range r.files {
		if err := w.file(folder, f); err != nil {
			return err
		}
	}
	return nil
}

// keepWhole adds a file with a text that MLflow would cut.
func (r *run) keepWhole(name, text string, most int) {
	if len(text) > most {
		r.files = append(r.files, textFile("whole/"+strings.ReplaceAll(plain(name), "/", "_")+".txt", text))
	}
}

// metrics writes the metrics of a run, and of each the latest value by step, which MLflow keeps apart.
func (w *writer) metrics(r run) error {
	names := names{}
	latest := map[string]point{}
	for _, p := range r.metrics {
		value, isNaN := sanitized(p.value)
		key := names.of(p.key)
		if err := w.exec(`INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES (?, ?, ?, ?, ?, ?)`,
			key, value, p.at.UnixMilli(), r.id, p.step, isNaN); err != nil {
			return err
		}
		if last, ok := latest[key]; !ok || p.step >= last.step {
			latest[key] = p
		}
	}
	for _, key := range slices.Sorted(maps.Keys(latest)) {
		p := latest[key]
		value, isNaN := sanitized(p.value)
		if err := w.exec(`INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, ?, ?, ?)`,
			key, value, p.at.UnixMilli(), p.step, isNaN, r.id); err != nil {
			return err
		}
	}
	return nil
}

// sanitized returns a value as MLflow stores it: infinity as the largest number, and NaN as 0 with a mark.
func sanitized(x float64) (value float64, isNaN bool) {
	if math.IsNaN(x) {
		return 0, true
	}
	return max(-math.MaxFloat64, min(math.MaxFloat64, x)), false
}

// textOf returns the value of a parameter as Python would print it.
func textOf(value any) string {
	switch x := value.(type) {
	case string:
		return x
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	case bool:
		if x {
			return "True"
		}
		return "False"
	default:
		return fmt.Sprint(x)
	}
}

// textFile returns a file that holds the text.
func textFile(name, text string) tracked.File {
	return tracked.File{Name: name, Size: int64(len(text)), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader([]byte(text))), nil }}
}

// firstTime returns the first time that is known.
func firstTime(times ...time.Time) time.Time { return cmp.Or(times...) }

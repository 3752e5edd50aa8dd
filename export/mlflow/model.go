package mlflow

import (
	"encoding/json"
	"fmt"
	"math"
	"path"
	"regexp"
	"strings"
	"time"

	"flowsweep/export/tracked"
)

// The files beside a model, from which MLflow makes an environment to run it in.
const (
	requirements = "mlflow\nonnx\nonnxruntime\n"
	pythonEnv    = "dependencies:\n- -r requirements.txt\n"
)

// readyStatus is LoggedModelStatus.READY.
const readyStatus = 2

// notInModels is what MLflow does not take in the names of models.
var notInModels = regexp.MustCompile(`[^\p{L}\p{N}_\- ]`)

// model writes an ONNX file as a model that a run has put out.
func (w *writer) model(experiment int, s tracked.Sweep, setting tracked.Setting, r tracked.Run, m tracked.Model) error {
	source, id := runID(s.Name, r.Key), "m-"+identity(s.Name, "model", r.Key, m.File.Name)
	folder := experimentFolder(experiment) + "/models/" + id + "/artifacts"
	name := notInModels.ReplaceAllString(strings.TrimSuffix(m.File.Name, path.Ext(m.File.Name)), "-")
	made := firstTime(s.Ended, r.End, s.Started)
	if err := w.exec(`INSERT INTO logged_models (model_id, experiment_id, name, artifact_location, creation_timestamp_ms, last_updated_timestamp_ms,
		status, lifecycle_stage, model_type, source_run_id) VALUES (?, ?, ?, ?, ?, ?, ?, 'active', NULL, ?)`,
		id, experiment, name, w.location(folder), millis(made), millis(made), readyStatus, source); err != nil {
		return err
	}
	if err := w.exec(`INSERT INTO inputs (input_uuid, source_type, source_id, destination_type, destination_id, step)
		VALUES (?, 'RUN_OUTPUT', ?, 'MODEL_OUTPUT', ?, 0)`, identity(source, id), source, id); err != nil {
		return err
	}
	if err := w.modelRows(experiment, id, source, setting, r, m); err != nil {
		return err
	}
	text, err := modelFile(id, source, w.location(folder), m, made)
	if err != nil {
		return err
	}
	onnx := m.File
	onnx.Name = "model.onnx"
	for _, f := range []tracked.File{onnx, textFile("MLmodel", text), textFile("requirements.txt", requirements), textFile("python_env.yaml", pythonEnv)} {
		if err := w.file(folder, f); err != nil {
			return err
		}
	}
	return nil
}

// modelRows writes the parameters, the tags and the finite metrics of a model, which are those of its run. MLflow has no place for others
// than finite ones.
func (w *writer) modelRows(experiment int, id, source string, setting tracked.Setting, r tracked.Run, m tracked.Model) error {
	names := names{}
	for _, p := range setting.Params {
		if err := w.exec(`INSERT INTO logged_model_params (model_id, experiment_id, param_key, param_value) VALUES (?, ?, ?, ?)`,
			id, experiment, names.of(p.Name), cut(textOf(p.Value), maxParam)); err != nil {
			return err
		}
	}
	tags := map[string]string{
		"flowsweep.file": m.File.Name, "flowsweep.sha256": m.File.SHA256, "flowsweep.run": r.Key, "mlflow.source.name": "flowsweep", "mlflow.source.type": "LOCAL",
	}
	if m.Twin {
		tags["flowsweep.twin"] = "True"
		r.Metrics = nil
	}
	for key, value := range tags {
		if err := w.exec(`INSERT INTO logged_model_tags (model_id, experiment_id, tag_key, tag_value) VALUES (?, ?, ?, ?)`, id, experiment, key, value); err != nil {
			return err
		}
	}
	for _, x := range r.Metrics {
		if math.IsNaN(x.Value) || math.IsInf(x.Value, 0) {
			continue
		}
		if err := w.exec(`INSERT INTO logged_model_metrics (model_id, metric_name, metric_timestamp_ms, metric_step, metric_value, experiment_id, run_id)
			VALUES (?, ?, ?, 0, ?, ?, ?)`, id, names.of(x.Name), firstTime(r.End, r.Start).UnixMilli(), x.Value, experiment, source); err != nil {
			return err
		}
	}
	return nil
}

// modelFile returns the file MLmodel: how MLflow loads the model, and its signature. JSON is YAML, too.
func modelFile(id, run, location string, m tracked.Model, made time.Time) (string, error) {
	inputs, err := tensors(m.Inputs)
	if err != nil {
		return "", err
	}
	outputs, err := tensors(m.Outputs)
	if err != nil {
		return "", err
	}
	text, err := json.MarshalIndent(map[string]any{
		"artifact_path": location,
		"flavors": map[string]any{
			"onnx": map[string]any{
				"code": nil, "data": "model.onnx", "onnx_session_options": nil, "onnx_version": "1.12.0", "providers": []string{"CPUExecutionProvider"},
			},
			"python_function": map[string]any{
				"data": "model.onnx", "env": map[string]string{"virtualenv": "python_env.yaml"}, "loader_module": "mlflow.onnx",
			},
		},
		"model_id": id, "model_uuid": id, "model_size_bytes": m.File.Size, "run_id": run,
		"signature":        map[string]any{"inputs": inputs, "outputs": outputs, "params": nil},
		"utc_time_created": made.UTC().Format("2006-01-02 15:04:05.000000"),
	}, "", "  ")
	return string(text) + "\n", err
}

// tensors returns inputs or outputs as the text in the text that a signature has. An input with a default is left out, because
// MLflow would ask for it.
func tensors(list []tracked.Tensor) (string, error) {
	specs := []any{}
	for _, t := range list {
		if t.Type == "" {
			return "", fmt.Errorf("the type of %s is unknown", t.Name)
		}
		if !t.Optional {
			specs = append(specs, map[string]any{"name": t.Name, "type": "tensor", "tensor-spec": map[string]any{"dtype": t.Type, "shape": t.Shape}})
		}
	}
	text, err := json.Marshal(specs)
	return string(text), err
}

package export

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/export/guided"
	"flowsweep/export/roles"
)

// maxOpened is the size of the largest model that onnxruntime opens from memory, with its weights: protobuf stops there.
const maxOpened = 1<<31 - 1

// Opened is an ONNX file of any origin, ready to run on all cores: a velocity with two inputs, times and points, or a sampler with
// one, noise, or a file of Density. It is used from one goroutine at a time.
type Opened struct {
	Dim         int
	Velocity    flow.RowField                                                   // nil for a sampler
	Steps       int                                                             // of the noise that a sampler takes besides, (n, d) each; 0 for none
	Sampler     func(noise flow.Batch, steps ...flow.Batch) (flow.Batch, error) // noise to samples; nil for a velocity
	Density     func(data flow.Batch) ([]float64, error)                        // log densities of points, (n); nil for the others
	Units       flow.Units                                                      // of the samples of a velocity, or of their codes, if the file has them
	Code        kinds.Code                                                      // of the samples, if they are rows of a table; those of a sampler are decoded
	Columns     []string                                                        // names of the columns of samples, if the file has them
	Conditional guided.Model                                                    // what it is conditional on; then points need what they are given
	Guide       func(w float64)                                                 // sets the guidance of a sampler that takes one; that of a velocity is 1, and 0 for points given nothing

	Says     Advice   // how to sample it, if this program wrote the file
	Cautions []string // what a user should know of the file, in sentences without a full stop
	session  *ort.Session
}

// OpenOptions says how to open a file.
type OpenOptions struct {
	Inputs map[string]string // the names of the times and of the points of a velocity, under t and x, where nothing else tells them
}

// OpenFile opens the ONNX file at a path, like Open. Weights that it keeps in other files are read from beside it: from its
// folder or one below, never from elsewhere.
func OpenFile(path string, o OpenOptions) (*Opened, error) {
	content, err := readUpTo(path, maxOpened)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("open the folder of the model: %w", err)
	}
	defer root.Close()
	content, err = onnx.Inline(content, maxOpened, func(location string, offset, length int64) ([]byte, error) {
		data, err := readBeside(root, location, offset, length)
		if err != nil {
			return nil, fmt.Errorf("%w; %s", err, oneFile)
		}
		return data, nil
	})
	if err != nil {
		return nil, fmt.Errorf("open the ONNX model: %w", err)
	}
	return Open(content, o)
}

// oneFile says how to do without files beside a model.
const oneFile = "put that file beside the model, or save the model as one file (torch.onnx.export(..., external_data=False))"

// readUpTo reads a file of at most limit bytes.
func readUpTo(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, reason(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() || info.Mode()&os.ModeDevice != 0 {
		return nil, errors.New("it is not a file: give an ONNX file")
	}
	if info.Mode().IsRegular() && info.Size() > limit {
		return nil, fmt.Errorf("it has %d bytes: at most %d can be opened", info.Size(), limit)
	}
	content, err := io.ReadAll(io.LimitReader(f, limit+1)) // a pipe has no size
	if err == nil && int64(len(content)) > limit {
		err = fmt.Errorf("it has more than %d bytes, the most that can be opened", limit)
	}
	return content, err
}

// reason returns why a file could not be opened, without the path, which the caller names.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// readBeside reads a part of a file in the folder of a model. A model from elsewhere must not reach other files.
func readBeside(root *os.Root, location string, offset, length int64) ([]byte, error) {
	where := strings.ReplaceAll(location, `\`, "/")
	if !filepath.IsLocal(filepath.FromSlash(where)) || slices.Contains(strings.Split(where, "/"), "..") {
		return nil, fmt.Errorf("the model keeps its data in %q, outside its own folder, which is not read", location)
	}
	info, err := root.Stat(where)
	if err != nil {
		return nil, fmt.Errorf("the model keeps its data in %q, which cannot be read beside it: %w", location, reason(err))
	}
	if !info.Mode().IsRegular() || offset > info.Size() || length > info.Size()-offset {
		return nil, fmt.Errorf("the model keeps %d bytes of data at %d of %q, which has %d bytes", length, offset, location, info.Size())
	}
	f, err := root.Open(where)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, length)
	_, err = f.ReadAt(data, offset)
	return data, err
}

// Open opens a velocity or a sampler. Close it after use. A file with weights in other files is an error, as it is not known
// where these are: use OpenFile.
func Open(file []byte, o OpenOptions) (*Opened, error) {
	content, err := onnx.Inline(file, maxOpened, func(location string, _, _ int64) ([]byte, error) {
		return nil, fmt.Errorf("its data are in another file, %q: %s", location, oneFile)
	})
	if err != nil {
		return nil, fmt.Errorf("open the ONNX model: %w", err)
	}
	d, err := onnx.Describe(content)
	if err != nil {
		return nil, fmt.Errorf("open the ONNX model: %w", err)
	}
	if len(d.Training) > 0 {
		return nil, fmt.Errorf("it was saved in training mode (%s), in which outputs are random or depend on the batch: call model.eval() before torch.onnx.export",
			strings.Join(d.Training, ", "))
	}
	by, defaults, err := conditionalIn(d)
	if err != nil {
		return nil, err
	}
	var r roles.Roles
	s, err := ort.Open(content, ort.SessionOptions{Optimise: ort.All, Defaults: defaults, Outputs: func(inputs, outputs []ort.Port) ([]string, error) {
		r, err = roles.Of(inputs, outputs, d.Switches, o.Inputs, by)
		return []string{r.Output.Name}, err
	}})
	if err != nil {
		return nil, err
	}
	opened := &Opened{session: s, Dim: r.Dim, Conditional: by}
	if err := opened.describe(d, r.Kind); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	opened.run(roles.Runner{Session: s, Roles: r, Guidance: 1})
	return opened, nil
}

// conditionalIn returns what a file is conditional on, and the inputs with a default that it then takes.
func conditionalIn(d onnx.Description) (by guided.Model, defaults []string, err error) {
	own, ok := ownMetadata(d)
	if !ok {
		return by, nil, nil
	}
	if by, err = guided.Read(own); err != nil {
		return by, nil, fmt.Errorf("its metadata are damaged: %w: export the file again", err)
	}
	weight, _ := by.Weight()
	for _, in := range weight {
		defaults = append(defaults, in.Name)
	}
	return by, defaults, nil
}

// run fills in what runs the file.
func (o *Opened) run(net roles.Runner) {
	switch net.Kind {
	case "velocity":
		o.Velocity = net.Rows
	case "density":
		o.Density = net.Densities
	default:
		net.Guidance = o.Conditional.Guidance.Weight()
		o.Steps = net.Steps()
		o.Sampler = func(noise flow.Batch, steps ...flow.Batch) (flow.Batch, error) { return net.Samples(noise, steps...) }
		o.Guide = func(w float64) { net.Guidance = w }
	}
}

// describe fills in what the file says of itself.
func (o *Opened) describe(d onnx.Description, kind string) (err error) {
	if len(d.Random) > 0 {
		o.Cautions = append(o.Cautions, fmt.Sprintf("it draws random numbers of its own (%s), so that another call gives other outputs", strings.Join(d.Random, ", ")))
	}
	own, ok := ownMetadata(d)
	if !ok {
		return nil
	}
	if kind == "velocity" {
		if o.Units, err = own.units(o.Dim); err != nil {
			return err
		}
	}
	if o.Code, err = own.code(o.Dim); err != nil {
		return err
	}
	if columns := own.columns(); len(columns) == widthOf(o.Code, o.Dim) {
		o.Columns = columns
	}
	o.Says = own.advice()
	return nil
}

// Close frees the file's session.
func (o *Opened) Close() error { return o.session.Close() }

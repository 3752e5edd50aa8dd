package talk

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/disk"
)

// Protocol is the version of what hosts and workers say to each other. Raise it when that changes.
const Protocol = 1

// Offer is what a host says of its sweep: all that a machine needs to work out the same plan, and to see whether its results would have
// the same bits.
type Offer struct {
	Protocol int    `json:"protocol"`
	Program  string `json:"program"` // version of the host's program
	Store    int    `json:"store"`   // version of stores
	Plan     string `json:"plan"`    // hash of all planned keys

	Engine   string `json:"engine"`
	Library  string `json:"library,omitempty"` // sha256 of onnxruntime, if the engine uses it
	Platform string `json:"platform"`          // of that library: GOOS/GOARCH
	Rounding string `json:"rounding"`          // see job.Rounding
	Mixed    bool   `json:"mixed"`             // machines with another rounding may help

	Spec string     `json:"spec"` // the text
	Data []DataFile `json:"data"`

	Fits        int           `json:"fits"`        // left to do
	Silence     time.Duration `json:"silence"`     // after which a machine has lost its fits
	Checkpoints time.Duration `json:"checkpoints"` // between those of a training
	Copies      time.Duration `json:"copies"`      // between those that the host gets
}

// DataFile is a data file of the spec.
type DataFile struct {
	Path   string `json:"path"`   // in the spec
	Shared string `json:"shared"` // the name under which the host shares it
}

// LibraryName is the name under which a host shares onnxruntime.
const LibraryName = "onnxruntime"

// PlanHash returns a hash of all keys of a plan: of fits, runs, references and dense solves, with the metrics to measure.
func PlanHash(p experiments.Plan) string {
	hash := sha256.New()
	for _, fit := range p.Fits {
		fmt.Fprintln(hash, "fit", fit.Key, fit.Teacher)
		for _, run := range slices.Concat(fit.Runs, fit.Dense) {
			fmt.Fprintln(hash, run.Key, run.Reference)
			for _, m := range fit.MetricsOf(run, p.Spec) {
				fmt.Fprintln(hash, m.Name, m.Version)
			}
		}
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// MismatchError says that a machine cannot help a host, since its results would differ or could not be read.
type MismatchError struct{ Why string }

func (e *MismatchError) Error() string { return e.Why }

// CheckProgram returns a *MismatchError unless a program of this version, with stores of that version, speaks as the host does.
func (o Offer) CheckProgram(version string, stores int) error {
	switch {
	case o.Protocol != Protocol || o.Store != stores:
		return &MismatchError{fmt.Sprintf("the host runs flowsweep %s (protocol %d, store version %d) and this is %s (protocol %d, store version %d): use the same program on both",
			o.Program, o.Protocol, o.Store, version, Protocol, stores)}
	default:
		return nil
	}
}

// CheckBits returns a *MismatchError if results of this machine would have other bits than those of the host, and a caution instead
// where the host takes them all the same.
func (o Offer) CheckBits(library, rounding string) (caution string, err error) {
	why := ""
	switch {
	case o.Library != "" && library != o.Library:
		why = fmt.Sprintf("onnxruntime has sha256 %s here and %s on the host", short(library), short(o.Library))
	case rounding != o.Rounding:
		why = fmt.Sprintf("this machine rounds differently (%s) than the host (%s)", rounding, o.Rounding)
	}
	if why == "" {
		return "", nil
	}
	if o.Mixed {
		return why + ": its rows say so", nil
	}
	return "", &MismatchError{why + ": its results would have other bits. Use machines whose `flowsweep doctor` prints the same rounding, or start the host with --mixed"}
}

// CheckPlan returns a *MismatchError unless the plan of a program of this version is that of the host.
func (o Offer) CheckPlan(version string, p experiments.Plan) error {
	if got := PlanHash(p); got != o.Plan {
		return &MismatchError{fmt.Sprintf("this program, %s, plans other fits and runs than the host's, %s, for the same spec: use the same program on both", version, o.Program)}
	}
	return nil
}

// short returns the start of a hash.
func short(hash string) string { return hash[:min(12, len(hash))] }

// PlanWith works out the plan, with the data files at these paths.
func (o Offer) PlanWith(local map[string]string) (experiments.Plan, error) {
	at := func(path string) (string, error) {
		file, ok := local[path]
		if !ok {
			return "", fmt.Errorf("the host did not offer the file %s", path)
		}
		return file, nil
	}
	p := experiments.Parser{
		Open: func(path string) ([]byte, error) {
			file, err := at(path)
			if err != nil {
				return nil, err
			}
			return os.ReadFile(file)
		},
		Large: experiments.NewLargeFiles(func(path string) (*io.SectionReader, error) {
			file, err := at(path)
			if err != nil {
				return nil, err
			}
			return disk.OpenSteady(file)
		}),
	}
	spec, err := p.Parse("the spec of the host", []byte(o.Spec))
	if err != nil {
		return experiments.Plan{}, err
	}
	return spec.Plan()
}

// Decode reads a message.
func Decode[T any](body []byte) (v T, err error) {
	if err := json.Unmarshal(body, &v); err != nil {
		return v, fmt.Errorf("read a message: %w", err)
	}
	return v, nil
}

// Encode writes a message.
func Encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic("talk: " + err.Error()) // messages have JSON
	}
	return text
}

// Local returns where a worker keeps a data file, whose name has an extension that says how to read it.
func (d DataFile) Local(folder string) (string, error) {
	ext := filepath.Ext(d.Path)
	if d.Shared == "" || d.Shared != filepath.Base(d.Shared) {
		return "", errors.New("the host names a data file with a path")
	}
	return filepath.Join(folder, d.Shared+ext), nil
}

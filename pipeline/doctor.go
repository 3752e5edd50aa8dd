package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/engine/ort"
	"flowsweep/pipeline/bench"
	"flowsweep/pipeline/command"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/sweep"
	"flowsweep/store"
)

// diagnosis is the form of `flowsweep doctor --json`.
type diagnosis struct {
	Version     string                  `json:"version"`
	ONNXRuntime *ort.Runtime            `json:"onnxruntime"`        // null where it was not found
	SelfTest    string                  `json:"self_test"`          // ok, or what went wrong
	Fused       []string                `json:"fused" null:"never"` // operations of which chains are one pass
	NotFused    string                  `json:"not_fused"`          // why not others, or empty
	Engines     []string                `json:"engines" null:"never"`
	Store       string                  `json:"store"`
	Environment experiments.Environment `json:"environment"`
	Rounding    map[string]string       `json:"rounding" null:"never"` // by engine: machines with the same one give, together, the bits of one
}

func (a *app) doctorCommand() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:         "doctor",
		Annotations: command.KeepsNothing,
		Short:       "Print what this machine has (onnxruntime, engines, cores, the store) and run a self-test",
		Long: "Print what this machine has (onnxruntime, engines, cores, the store) and run a self-test.\n" +
			"Its rounding is a hash of the bits of tiny trainings. Machines with the same rounding give, together, the bits of one of\n" +
			"them: they can share a sweep.",
		Example: "  flowsweep doctor",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d := a.diagnose(cmd.Context())
			d.addRounding(cmd.Context(), asJSON)
			if asJSON {
				if err := command.PrintJSON(a.Stdout, d); err != nil {
					return err
				}
			} else {
				a.printDiagnosis(d)
			}
			if d.SelfTest != "ok" {
				return fmt.Errorf("onnxruntime does not work here: %s", d.SelfTest)
			}
			return nil
		},
	}
	command.JSONFlag(cmd, &asJSON, command.Form{Name: "doctor", Of: diagnosis{}})
	return cmd
}

func (a *app) diagnose(ctx context.Context) diagnosis {
	d := diagnosis{Version: sweep.Version, Environment: sweep.Environment(engine.Auto), SelfTest: "ok", Engines: []string{}, Fused: []string{}}
	if e, _, err := engine.Pick(engine.Auto); err == nil {
		d.Environment.Engine = e.Name
	}
	for _, e := range engine.Engines {
		if _, _, err := engine.Pick(e.Name); err == nil {
			d.Engines = append(d.Engines, e.Name)
		}
	}
	runtime, err := ort.LoadRuntime()
	if err == nil {
		d.ONNXRuntime = &runtime
		err = engine.SelfTest()
		fused, why := engine.Fused()
		d.Fused = append(d.Fused, fused...)
		if why != nil {
			d.NotFused = why.Error()
		}
	}
	if err != nil {
		d.SelfTest = err.Error()
	}
	d.Store = a.storeState(ctx)
	return d
}

// addRounding adds the rounding of the engine that auto picks, or of all engines. That an engine cannot train is found here.
func (d *diagnosis) addRounding(ctx context.Context, all bool) {
	d.Rounding = map[string]string{}
	for _, name := range d.Engines {
		if !all && name != d.Environment.Engine {
			continue
		}
		e, _, err := engine.Pick(name)
		var rounding string
		if err == nil {
			rounding, err = job.Rounding(ctx, e)
		}
		switch {
		case err == nil:
			d.Rounding[name] = rounding
		case d.SelfTest == "ok":
			d.SelfTest = err.Error()
		}
	}
}

func (a *app) storeState(ctx context.Context) string {
	if _, err := os.Stat(a.DB); errors.Is(err, os.ErrNotExist) {
		return a.DB + ": none yet"
	}
	db, err := store.OpenExisting(ctx, a.DB)
	if err != nil {
		return err.Error()
	}
	defer db.Close()
	names, err := db.SweepNames(ctx)
	if err != nil {
		return err.Error()
	}
	state := fmt.Sprintf("%s: sweeps %v", a.DB, names)
	if why := db.ReadOnly(); why != nil {
		state += "; " + why.Error()
	}
	return state
}

func (a *app) printDiagnosis(d diagnosis) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(a.Stdout, "%-12s %s\n", name, fmt.Sprintf(format, args...))
	}
	e := d.Environment
	line("flowsweep", "%s, %s", command.VersionAndCommit(e), e.Go)
	line("machine", "%s/%s, %s, %d cores", e.OS, e.Arch, e.CPU, e.Cores)
	line("engines", "%v, auto picks %s", d.Engines, e.Engine)
	if r := d.ONNXRuntime; r != nil {
		line("onnxruntime", "%s from %s", r.Version, r.From)
		if r.Note != "" {
			line("", "%s", r.Note)
		}
		line("", "%s", r.Path)
		line("", "sha256 %s", r.SHA256)
	} else {
		line("onnxruntime", "not found")
	}
	line("self-test", "%s", d.SelfTest)
	if rounding := d.Rounding[e.Engine]; rounding != "" {
		line("rounding", "%s (%s)", rounding, e.Engine)
	}
	line("one pass", "%s", cmp.Or(strings.Join(d.Fused, " "), "none"))
	if d.NotFused != "" {
		line("", "%s", d.NotFused)
	}
	line("store", "%s", d.Store)
}

func (a *app) benchCommand() *cobra.Command {
	asJSON, o := false, bench.Options{}
	cmd := &cobra.Command{
		Use:         "bench (train|sample|metric|store|sweep|memory|crew)",
		Annotations: command.KeepsNothing,
		Short:       "Measure the program's own speed, beside an upper limit measured in the same run",
		Long: "Measure the program's own speed, beside an upper limit measured in the same run.\n" +
			"sweep does a small reference sweep in a temporary folder, in about half a minute, and prints how its time is divided.\n" +
			"memory runs that sweep, its report and samples of 10 million points, and prints the memory that each of them takes.\n" +
			"crew gives 10,000 fits to 100 workers in other processes, which train nothing, and prints how fast a host takes in what they send.",
		Example: "  flowsweep bench store\n  flowsweep bench sample --case guide-standalone --threads 1",
		Args:    cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Store = a.DB
			return a.bench(cmd.Context(), args[0], o, asJSON)
		},
	}
	var forms []command.Form
	for _, b := range bench.Benches {
		forms = append(forms, command.Form{Name: "bench-" + b.Name, Of: b.Rows})
		cmd.ValidArgs = append(cmd.ValidArgs, b.Name)
	}
	cmd.Flags().DurationVar(&o.Time, "time", 2*time.Second, "about the `time` to spend on each figure of train and store")
	cmd.Flags().StringVar(&o.Case, "case", "", "of train and sample: measure only the case of this `name`")
	cmd.Flags().StringVar(&o.Engine, "engine", "", "of train and sample: measure only this engine: auto, onnxruntime or go")
	cmd.Flags().IntVar(&o.Threads, "threads", 0, "of train and sample: use `n` cores (default one, then all)")
	cmd.Flags().IntVar(&o.Steps, "steps", 0, "of train: take `n` steps, instead of --time")
	cmd.Flags().IntVar(&o.Count, "count", 0, "of sample: draw `n` points; of crew: give out n fits")
	cmd.Flags().StringVar(&o.Play, "play", "", "of crew: play the workers that a `file` describes")
	_ = cmd.Flags().MarkHidden("play") // the flag is there
	command.JSONFlag(cmd, &asJSON, forms...)
	return cmd
}

// bench measures and prints the named figures.
func (a *app) bench(ctx context.Context, name string, o bench.Options, asJSON bool) error {
	if err := o.Check(); err != nil {
		return command.Usage(err)
	}
	at := slices.IndexFunc(bench.Benches, func(b bench.Bench) bool { return b.Name == name })
	rows, table, err := bench.Benches[at].Measure(ctx, o)
	if err != nil {
		return err
	}
	if asJSON {
		return command.PrintJSON(a.Stdout, rows)
	}
	w := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	table(w)
	return w.Flush()
}

// The program peers trains and samples the cases of `flowsweep bench` in flowsweep, PyTorch and JAX, in turn on the same
// cores, and prints a Markdown table of how fast they are and of the ratios. PyTorch and JAX come from PyPI, 3 GB once.
// It exits with status 1 if one of them does other work than flowsweep: has a net of another size, or another loss.
//
//	go run ./pipeline/peers [-rounds N] [-cores N] [-quick] [-json] FOLDER
//
// FOLDER caches what is fetched. On a machine that does other work meanwhile the figures are worth little.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

func main() {
	rounds := flag.Int("rounds", 5, "`rounds` to time everything in")
	cores := flag.Int("cores", 0, "only on `n` cores (default on one, then on all)")
	quick := flag.Bool("quick", false, "only a try: one round of a tenth of the work")
	asJSON := flag.Bool("json", false, "print every figure of every round as JSON, instead of a table")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: peers [-rounds N] [-cores N] [-quick] [-json] FOLDER")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 || *rounds < 1 || *cores < 0 || *cores > runtime.NumCPU() {
		flag.Usage()
		os.Exit(2)
	}
	if *quick {
		*rounds = 1
	}
	if err := run(flag.Arg(0), *rounds, *cores, *quick, *asJSON); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(folder string, rounds, cores int, quick, asJSON bool) error {
	before := load()
	if before > .5 {
		fmt.Fprintf(os.Stderr, "peers: %.2g processes ran in the last minute; other work slows PyTorch on several cores most of all, "+
			"as its threads wait for each other: measure on a machine that does nothing else\n", before)
	}
	tasks, err := listTasks(cores, quick)
	if err != nil {
		return err
	}
	at, err := setUp(folder)
	if err != nil {
		return err
	}
	about, err := at.about(before)
	if err != nil {
		return err
	}
	figures := at.measure(tasks, rounds)
	if asJSON {
		err = json.NewEncoder(os.Stdout).Encode(map[string]any{"about": about, "figures": figures})
	} else {
		fmt.Printf("%s\n\n%s", about, table(at.heads(), tasks, figures))
	}
	return errors.Join(err, check(figures))
}

// measure times every program at every task, in turn. Each round starts with another program.
func (at setup) measure(tasks []task, rounds int) (figures []figure) {
	workers := workers{setup: at}
	defer workers.close()
	for round := range rounds {
		for _, t := range tasks {
			fmt.Fprintf(os.Stderr, "peers: round %d of %d: %s\n", round+1, rounds, t)
			for i := range programs {
				p := programs[(i+round)%len(programs)]
				for _, f := range p.time(&workers, t) {
					f.Round, f.task = round, t
					figures = append(figures, f)
				}
			}
		}
	}
	return figures
}

// about says on what the figures were measured.
func (at setup) about(load float64) (string, error) {
	out, err := exec.Command(at.flowsweep, "doctor", "--json").Output()
	if err != nil {
		return "", fmt.Errorf("flowsweep doctor: %w", err)
	}
	var d struct {
		Environment struct{ CPU, Go, Version, Engine string }
		ONNXRuntime struct{ Version string }
	}
	if err := json.Unmarshal(out, &d); err != nil {
		return "", fmt.Errorf("flowsweep doctor: %w", err)
	}
	e := d.Environment
	return fmt.Sprintf("%s, %s, %d cores; flowsweep %s (%s, %s %s); Python %s; load before: %.2f",
		e.CPU, vectors(), runtime.NumCPU(), e.Version, e.Go, e.Engine, d.ONNXRuntime.Version, at.version, load), nil
}

// load returns the mean number of processes that ran in the last minute, or 0 where the system does not tell.
func load() (mean float64) {
	text, _ := os.ReadFile("/proc/loadavg")
	_, _ = fmt.Sscan(string(text), &mean)
	return mean
}

// heads are the titles of the programs' columns.
func (at setup) heads() []string {
	torch := "PyTorch " + pinned(at.packages, "torch")
	return []string{ours, torch, torch + ", compiled", "JAX " + pinned(at.packages, "jax")}
}

// setup is where the programs are.
type setup struct {
	flowsweep   string // the program
	interpreter string // Python, with the packages
	packages    string // their versions: requirements.txt
	version     string // of Python
}

// python returns peers.py on so many cores, with a program to run on them, if any.
func (at setup) python(cores int, program ...string) *exec.Cmd {
	return exec.Command(at.interpreter, append([]string{filepath.Join(source, "peers.py"), strconv.Itoa(cores)}, program...)...)
}

// setUp builds flowsweep, and fetches the packages unless they are there.
func setUp(folder string) (at setup, err error) {
	folder, err = filepath.Abs(folder)
	if err != nil {
		return at, err
	}
	at.flowsweep = filepath.Join(folder, "flowsweep")
	if err := call("go", "build", "-o", at.flowsweep, "."); err != nil {
		return at, err
	}
	at.interpreter, at.packages, err = fetch(folder)
	if err != nil {
		return at, err
	}
	version, err := exec.Command(at.interpreter, "-c", "import platform; print(platform.python_version())").Output()
	at.version = strings.TrimSpace(string(version))
	return at, err
}

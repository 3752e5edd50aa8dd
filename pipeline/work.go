package pipeline

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"flowsweep/experiments/disk"
	"flowsweep/pipeline/command"
	"flowsweep/pipeline/crew"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/work"
)

type workFlags struct {
	tokenFile string
	patience  time.Duration
	cores     int
	workers   int
	name      string
	scratch   string
}

func (a *app) workCommand() *cobra.Command {
	var f workFlags
	cmd := &cobra.Command{
		Use:   "work (ADDRESS|@FILE)",
		Short: "Do fits for a sweep that runs on another machine with --listen",
		Long: "Do fits for a sweep that runs on another machine with --listen, until that is done. ADDRESS is what the sweep prints, and\n" +
			"FILE what its --address-file names. All that is needed comes from there, and all results go there: nothing stays here.\n" +
			"Ctrl-C and SIGTERM send the host a checkpoint of each fit, from which another machine goes on.",
		Example:     "  flowsweep work @ring.address\n  flowsweep work @ring.address --workers 2 --name attic",
		Args:        cobra.ExactArgs(1),
		Annotations: map[string]string{"interrupted": "the host has checkpoints of its fits, from which other machines go on"},
		RunE:        func(cmd *cobra.Command, args []string) error { return a.work(cmd.Context(), args[0], f) },
	}
	cmd.Flags().StringVar(&f.tokenFile, "token-file", "", "the `file` with the word that the host wants; not needed with @FILE")
	cmd.Flags().DurationVar(&f.patience, "patience", time.Minute, "the `time` to wait for a host that is not there, or not any more")
	cmd.Flags().IntVar(&f.cores, "cores", 0, "cores to use; 0 means all")
	cmd.Flags().IntVar(&f.workers, "workers", 0, "fits to do at once, which share the cores; 0 means one per core")
	cmd.Flags().StringVar(&f.name, "name", "", "what this machine is called (default its host name)")
	cmd.Flags().StringVar(&f.scratch, "scratch", "", "the `folder` for files of fits at work (default that for temporary files)")
	return cmd
}

// work joins the host, and joins again one that has moved and has written its new address to the file.
func (a *app) work(ctx context.Context, where string, f workFlags) error {
	if err := f.fill(); err != nil {
		return err
	}
	for last := ""; ; {
		text, err := readAddress(ctx, where, f.patience)
		if err != nil {
			return err
		}
		if text == overText {
			fmt.Fprintln(a.Stderr, "the sweep is over")
			return nil
		}
		at, err := crew.ParseAddress(text)
		if err != nil {
			return command.Usage(err)
		}
		if f.tokenFile != "" {
			if at.Token, err = readToken(f.tokenFile); err != nil {
				return err
			}
		}
		err = a.workAt(ctx, at, f)
		var gone *crew.GoneError
		if now, changed := addressNow(where); !errors.As(err, &gone) || !changed || now == text || now == last {
			return err
		}
		fmt.Fprintln(a.Stderr, "the host has moved:", err)
		last = text
	}
}

// workAt does fits for the host at an address.
func (a *app) workAt(ctx context.Context, at crew.Address, f workFlags) (err error) {
	folder, err := disk.NewPartial(f.scratch)
	if err != nil {
		return command.Usage(fmt.Errorf("make a folder for fits at work: %w", err))
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	var random [4]byte
	_, _ = rand.Read(random[:]) // never fails
	w, err := crew.Join(ctx, at, crew.WorkerOptions{
		Name: f.name + "-" + hex.EncodeToString(random[:]), Patience: f.patience, Folder: folder.Path(""),
	})
	var refused *crew.RefusedError
	if errors.As(err, &refused) {
		return command.Usage(err)
	}
	if err != nil {
		return err
	}
	defer w.Close()
	return work.Worker{
		Crew: w, Name: f.name, Host: at.Redacted(), Workers: f.workers, Cores: f.cores, Folder: folder.Path(""), Rounding: job.Rounding,
		Now: a.Now, Log: a.Stderr,
	}.Do(ctx)
}

// fill checks the flags and fills in what was left out.
func (f *workFlags) fill() (err error) {
	switch {
	case f.cores < 0:
		return command.Usage(fmt.Errorf("--cores %d: must not be negative; 0 means all", f.cores))
	case f.patience < 0:
		return command.Usage(fmt.Errorf("--patience %v: must not be negative", f.patience))
	case strings.ContainsFunc(f.name, func(r rune) bool { return r <= ' ' || r == 0x7f }) || len(f.name) > maxName:
		return command.Usage(fmt.Errorf("--name %q: use one word of at most %d bytes", f.name, maxName))
	}
	if f.cores == 0 {
		f.cores = runtime.GOMAXPROCS(0)
	}
	runtime.GOMAXPROCS(f.cores)
	if f.workers, err = workerCount(f.workers); err != nil {
		return err
	}
	if f.name == "" {
		if f.name, err = os.Hostname(); err != nil {
			return command.Usage(fmt.Errorf("find out what this machine is called: %w: give --name", err))
		}
	}
	if f.scratch == "" {
		f.scratch = os.TempDir()
	}
	return nil
}

// maxName is the most bytes of the name of a machine.
const maxName = 100

// readAddress returns the address of the host, which @FILE names once the host has written it.
func readAddress(ctx context.Context, where string, patience time.Duration) (string, error) {
	path, isFile := strings.CutPrefix(where, "@")
	if !isFile {
		return where, nil
	}
	for start := time.Now(); ; {
		text, err := os.ReadFile(path)
		if err == nil {
			return strings.TrimSpace(string(text)), nil
		}
		if !errors.Is(err, fs.ErrNotExist) || time.Since(start) >= patience {
			return "", command.Usage(fmt.Errorf("read the address of the host: %w: is `flowsweep sweep --listen ... --address-file %s` running?", err, path))
		}
		select {
		case <-time.After(filePause):
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// filePause is the time between looks for the address file.
const filePause = 200 * time.Millisecond

// addressNow returns what an address file holds now; ok is false where there is none.
func addressNow(where string) (text string, ok bool) {
	path, isFile := strings.CutPrefix(where, "@")
	if !isFile {
		return "", false
	}
	content, err := os.ReadFile(path)
	return strings.TrimSpace(string(content)), err == nil
}

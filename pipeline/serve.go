package pipeline

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"flowsweep/pipeline/command"
	"flowsweep/pipeline/serve"
)

// serveFlags say where the pages are served, and which.
type serveFlags struct {
	listen string
	sweep  string
	idle   time.Duration
}

func (a *app) serveCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Show the pages in a browser on this machine, fresh while a sweep runs",
		Long: "Show the pages of the store in a browser on this machine, and keep them fresh while a sweep runs. It only reads, and slows a\n" +
			"sweep hardly. Ctrl-C ends it; a page that is open goes on once it is started again. From another machine:\n" +
			"ssh -L 7777:127.0.0.1:7777 HOST, with the same port on both sides.",
		Example: "  flowsweep serve\n  flowsweep serve --sweep ring",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context(), f) },
	}
	cmd.Flags().StringVar(&f.listen, "listen", serve.Address, "the `address` of this machine to listen at; with port 0 at any that is free")
	cmd.Flags().StringVar(&f.sweep, "sweep", "", "the `name` of the only sweep to show (default all)")
	cmd.Flags().DurationVar(&f.idle, "idle", 0, "end when nobody has had a page open for this `time`; 0 for never")
	return cmd
}

// serve serves until a signal to stop, which is how it is meant to end.
func (a *app) serve(ctx context.Context, f serveFlags) error {
	if f.idle < 0 {
		return command.Usage(fmt.Errorf("--idle %v: must not be negative; 0 means never", f.idle))
	}
	l, err := serve.Listen(ctx, f.listen)
	if err != nil {
		return command.Usage(err)
	}
	s, err := serve.New(ctx, serve.Options{File: a.DB, Sweep: f.sweep, Idle: f.idle, Now: a.Now, Log: a.Stderr, Yield: yield})
	if err != nil {
		return errors.Join(command.Usage(err), l.Close())
	}
	if text := s.Caution(); text != "" {
		fmt.Fprintln(a.Stderr, "caution:", text)
	}
	if _, err := fmt.Fprintf(a.Stdout, "page      http://%s%s\n", l.Addr(), s.Path()); err != nil {
		return errors.Join(err, l.Close(), s.Close())
	}
	fmt.Fprintln(a.Stderr, "Ctrl-C ends it")
	return s.Serve(ctx, l)
}

// yield lets a sweep on this machine go first.
func yield() {
	runtime.GOMAXPROCS(1)
	serve.BeNice()
}

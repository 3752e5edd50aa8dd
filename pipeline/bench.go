package pipeline

import (
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"flowsweep/pipeline/bench"
)

func (a *app) benchCommand() *cobra.Command {
	asJSON, d := false, time.Duration(0)
	cmd := &cobra.Command{
		Use:   "bench (train|sample|metric|store)",
		Short: "Measure the program's own speed, beside an upper limit measured in the same run",
		Args:  cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		RunE: func(cmd *cobra.Command, args []string) error {
			if d <= 0 {
				return usage(fmt.Errorf("--time %v: the time must be positive", d))
			}
			at := slices.IndexFunc(bench.Benches, func(b bench.Bench) bool { return b.Name == args[0] })
			rows, table, err := bench.Benches[at].Measure(cmd.Context(), bench.Options{Time: d, Store: a.db})
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(a.stdout, rows)
			}
			w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
			table(w)
			return w.Flush()
		},
	}
	for _, b := range bench.Benches {
		cmd.ValidArgs = append(cmd.ValidArgs, b.Name)
	}
	cmd.Flags().DurationVar(&d, "time", 2*time.Second, "about the `time` to spend on each figure of train and store")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

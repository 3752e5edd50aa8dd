package pipeline

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/experiments/problem"
	"flowsweep/pipeline/command"
	"flowsweep/pipeline/schemas"
)

func (a *app) schemaCommand() *cobra.Command {
	of, list := "", false
	cmd := &cobra.Command{
		Use:         "schema",
		Annotations: command.KeepsNothing,
		Short:       "Print the JSON Schema (draft-07) of a spec file, or of what a command prints",
		Long: "Print the JSON Schema (draft-07) of a spec file, for editors. With --of, print that of what a command prints with --json:\n" +
			"every field it may have, and which of them are always there.",
		Example: "  flowsweep schema > spec.schema.json\n  flowsweep schema --list\n  flowsweep schema --of runs > runs.schema.json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if list {
				return a.listSchemas()
			}
			schema, err := schemaOf(of)
			if err != nil {
				return err
			}
			_, err = a.Stdout.Write(schema)
			return err
		},
	}
	cmd.Flags().StringVar(&of, "of", "", "print the schema with this `name` instead, such as runs")
	cmd.Flags().BoolVar(&list, "list", false, "print the names of the schemas for --of")
	cmd.MarkFlagsMutuallyExclusive("of", "list")
	if err := cmd.RegisterFlagCompletionFunc("of", cobra.FixedCompletions(schemas.Names(), cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic("pipeline: " + err.Error()) // registered twice
	}
	return cmd
}

// schemaOf returns the schema of what a command prints, or of a spec if the name is empty.
func schemaOf(name string) ([]byte, error) {
	if name == "" {
		return experiments.Schema()
	}
	schema, ok := schemas.Of(name)
	if !ok {
		return nil, command.Usage(errors.New("--of: " + problem.Unknown("schema", name, schemas.Names())))
	}
	return schema, nil
}

func (a *app) listSchemas() error {
	for _, name := range schemas.Names() {
		if _, err := fmt.Fprintln(a.Stdout, name); err != nil {
			return err
		}
	}
	return nil
}

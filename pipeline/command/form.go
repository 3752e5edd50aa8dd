package command

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Form is what a command prints with --json: the name of its schema in pipeline/schemas, and a value of its type. A []any stands for a
// list of the kinds of objects in it.
type Form struct {
	Name string
	Of   any
}

// JSONFlag gives a command the flag --json and says what it prints then. From this the schemas are made, see package derive, which
// TestSchemas checks and -update writes.
func JSONFlag(cmd *cobra.Command, asJSON *bool, forms ...Form) {
	names := make([]string, len(forms))
	for i, f := range forms {
		names[i] = f.Name
	}
	cmd.Flags().BoolVar(asJSON, "json", false, "print JSON, see flowsweep schema --of "+strings.Join(names, ", "))
	f := cmd.Flags().Lookup("json")
	f.Value = formed{f.Value, forms}
}

// formed is a flag that knows what is printed with it.
type formed struct {
	pflag.Value
	forms []Form
}

// FormsOf returns what a command prints with --json.
func FormsOf(cmd *cobra.Command) []Form {
	f := cmd.Flags().Lookup("json")
	if f == nil {
		return nil
	}
	with, _ := f.Value.(formed)
	return with.forms
}

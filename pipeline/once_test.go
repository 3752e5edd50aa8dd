package pipeline

import (
	"strings"
	"testing"

	"flowsweep/pipeline/command"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestFlagsTakeOneValue: of every command, a flag with a value that is given twice is an error, unless it is a list.
func TestFlagsTakeOneValue(t *testing.T) {
	t.Parallel()
	lists, ones := 0, 0
	var check func(c *cobra.Command)
	check = func(c *cobra.Command) {
		each := func(f *pflag.Flag) {
			if _, list := f.Value.(pflag.SliceValue); list {
				lists++
				return
			}
			if f.Value.Type() == "bool" {
				return
			}
			ones++
			value := f.DefValue
			if err := f.Value.Set(value); err != nil {
				t.Errorf("%s --%s %s: %v", c.Name(), f.Name, value, err)
			}
			if err := f.Value.Set(value); err == nil || !strings.Contains(err.Error(), "given twice") {
				t.Errorf("%s --%s twice: error %v", c.Name(), f.Name, err)
			}
		}
		c.LocalFlags().VisitAll(each)
		for _, sub := range c.Commands() {
			check(sub)
		}
	}
	check((&app{App: new(command.App)}).root())
	if lists < 3 || ones < 30 { // sweep, columns and remove are lists
		t.Errorf("%d lists and %d flags of one value were seen", lists, ones)
	}
}

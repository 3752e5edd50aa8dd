package pipeline

import (
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// once is a flag that takes one value. Given twice, it is a mistake, where the first value would be lost without a word.
type once struct {
	pflag.Value
	given bool
}

// Set sets the value the first time.
func (o *once) Set(text string) error {
	if o.given {
		return errors.New("it is given twice: give it once")
	}
	o.given = true
	return o.Value.Set(text)
}

// takeOnce makes all flags of the commands take one value, except for lists, which add up, and switches, which have no value
// to lose.
func takeOnce(commands ...*cobra.Command) {
	wrap := func(f *pflag.Flag) {
		_, list := f.Value.(pflag.SliceValue)
		if _, wrapped := f.Value.(*once); !wrapped && !list && f.Value.Type() != "bool" {
			f.Value = &once{Value: f.Value}
		}
	}
	for _, c := range commands {
		c.Flags().VisitAll(wrap)
		c.PersistentFlags().VisitAll(wrap)
		takeOnce(c.Commands()...)
	}
}

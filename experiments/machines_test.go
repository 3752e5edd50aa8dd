package experiments

import (
	"encoding/json"
	"testing"
)

// TestEnvironmentOfOneMachine checks that the name of a machine and its rounding change the stored form, and its hash, only where they are
// set.
func TestEnvironmentOfOneMachine(t *testing.T) {
	t.Parallel()
	e := Environment{Version: "1", Commit: "c", Go: "go", Modules: []string{"m"}, OS: "o", Arch: "a", CPU: "p", Cores: 2, Engine: "e", Files: 3}
	const plain = `{"version":"1","commit":"c","dirty":false,"go":"go","modules":["m"],"os":"o","arch":"a","cpu":"p","cores":2,"engine":"e","files":3`
	if got, err := json.Marshal(e); err != nil || string(got) != plain+"}" {
		t.Errorf("got %s, %v, want %s}", got, err, plain)
	}
	e.Machine, e.Rounding = "n", "r"
	if got, err := json.Marshal(e); err != nil || string(got) != plain+`,"machine":"n","rounding":"r"}` {
		t.Errorf("with a name: got %s, %v", got, err)
	}
}

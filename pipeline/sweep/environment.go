package sweep

import (
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/klauspost/cpuid/v2"

	"flowsweep/experiments"
)

// Environment describes what computes results on this machine.
func Environment(engine string) experiments.Environment {
	env := experiments.Environment{
		Version: Version, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		CPU: cpuid.CPU.BrandName, Cores: runtime.GOMAXPROCS(0), Engine: engine, Files: experiments.FileForm,
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return env
	}
	for _, m := range info.Deps {
		env.Modules = append(env.Modules, m.Path+"@"+m.Version)
	}
	slices.Sort(env.Modules)
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			env.Commit = s.Value
		case "vcs.modified":
			env.Dirty = s.Value == "true"
		}
	}
	if env.Commit == "" {
		env.Commit, env.Dirty = workingTree()
	}
	return env
}

// workingTree returns the commit of the program's own source if that is the current folder, as under `go run .`, which
// leaves the commit out of the build information.
func workingTree() (commit string, dirty bool) {
	mod, err := os.ReadFile("go.mod")
	if err != nil || !strings.HasPrefix(string(mod), "module flowsweep\n") {
		return "", false
	}
	head, err := exec.Command("git", "rev-parse", "HEAD").Output()
	if err != nil {
		return "", false
	}
	changes, err := exec.Command("git", "status", "--porcelain").Output()
	return strings.TrimSpace(string(head)), err != nil || len(changes) > 0
}

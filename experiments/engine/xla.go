//go:build xla

package engine

import (
	"fmt"
	"os"

	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/compute/xla"
)

// XLAVariable names the environment variable that selects the XLA engine's PJRT plug-in: cpu (the default) or cuda.
const XLAVariable = "FLOWSWEEP_XLA"

// XLA runs graphs in a PJRT plug-in that the user has installed, on the CPU or a GPU.
var XLA = Engine{
	Name: "xla",
	available: func() error {
		backend, err := openXLA()
		if err == nil {
			backend.Finalize()
		}
		return err
	},
	compile: func(_ Engine, f Graph, inputs []Input) (Program, error) { return compileBackend(openXLA, f, inputs) },
}

// optional lists the engines that need a build tag.
var optional = []Engine{XLA}

func openXLA() (compute.Backend, error) {
	xla.EnableAutoInstall(false) // the user installs plug-ins
	plugin := os.Getenv(XLAVariable)
	if plugin == "" {
		plugin = "cpu"
	}
	backend, err := xla.New(plugin)
	if err != nil {
		return nil, fmt.Errorf("start XLA with the plug-in %q: %w: install that PJRT plug-in (github.com/gomlx/go-xla), name another "+
			"in %s, or use another engine", plugin, err, XLAVariable)
	}
	return backend, nil
}

package main

import (
	"os/exec"
	"strings"
	"sync"
)

// conditions returns what scripts may ask: [numpy], whether there is a Python with numpy, and [python:NAME], whether the python3 of the
// path has the module.
func conditions(numpy string) func(string) (bool, error) {
	var asked sync.Map
	return func(condition string) (bool, error) {
		module, ok := strings.CutPrefix(condition, "python:")
		if !ok {
			return condition == "numpy" && numpy != "", nil
		}
		has, known := asked.Load(module)
		if !known {
			has = exec.Command("python3", "-c", "import "+module).Run() == nil
			asked.Store(module, has)
		}
		return has.(bool), nil
	}
}

package pipeline

import (
	"fmt"
	"os"
	"regexp"
	"strconv"

	"flowsweep/experiments/velocity"
)

// checkMemory returns an error where the numbers of a training alone, weights, gradient and two moments, do not fit into a
// memory of so many bytes; 0 stands for one that is not known. A Go program that asks for more than there is does not get
// an error: it dies, and the other fits with it.
func checkMemory(net velocity.Net, have float64) error {
	need := 4 * 4 * float64(net.Size())
	if have > 0 && need > have {
		return fmt.Errorf("its %d parameters need %.1f GB to be trained, and this machine has %.1f: lower the width or the depth",
			net.Size(), need/1e9, have/1e9)
	}
	return nil
}

// machineMemory returns the bytes of memory this machine has, swap included, or 0 where that is not known.
func machineMemory() float64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0 // not Linux
	}
	total := 0.
	for _, m := range regexp.MustCompile(`(?m)^(?:MemTotal|SwapTotal): +(\d+) kB$`).FindAllSubmatch(text, -1) {
		kilobytes, _ := strconv.ParseFloat(string(m[1]), 64) // digits
		total += 1024 * kilobytes
	}
	return total
}

package sweep

import (
	"os"
	"regexp"
	"strconv"
)

// machineMemory returns the bytes of memory of this machine, including swap, or 0 if unknown.
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

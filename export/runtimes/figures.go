package main

import (
	"fmt"
	"io/fs"
	"path/filepath"
)

// figureHeads are the titles of what a deployer asks of a runtime.
var figureHeads = []string{"fastest form", "opens in", "samples/s", "runtime on disk"}

// figures returns how fast the runtime is with the faster form of the sampler, and how many bytes its folder has: nil if no
// form was timed. Wrong results are not worth timing.
func (rs results) figures(cases []testCase, folder string) []cell {
	best := -1
	for i, r := range rs {
		if r.Rate > 0 && !judge(cases[i], r).wrong && (best < 0 || r.Rate > rs[best].Rate) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	return []cell{
		{text: cases[best].head},
		{text: fmt.Sprintf("%.3g ms", rs[best].Open*1e3)},
		{text: fmt.Sprintf("%.2g million", rs[best].Rate/1e6)},
		{text: size(folder)},
	}
}

// size returns the bytes of a file, or of all files in a folder, in MB.
func size(folder string) string {
	if folder == "" {
		return "-"
	}
	total := int64(0)
	_ = filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		info, err := d.Info()
		if err == nil {
			total += info.Size()
		}
		return nil
	})
	return fmt.Sprintf("%.3g MB", float64(total)/1e6)
}

// Package manual writes what a system shows of the program outside of it: man pages, and the completion of shells.
//
//	files, err := manual.Write(root, "out/setup", time.Now())
package manual

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"flowsweep/experiments/disk"
)

// file is a file of a folder, by its path there.
type file struct {
	path  string
	write func(w io.Writer) error
}

// Write writes a man page for the program and each of its commands, and the completion of each shell, into a folder, which it makes.
// Pages have the month of the date. It returns the paths of the files in the folder.
func Write(root *cobra.Command, folder string, date time.Time) ([]string, error) {
	var paths []string
	for _, f := range append(pages(root, date), completions(root)...) {
		path := filepath.Join(folder, f.path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
		if err := disk.Write(path, 0o644, f.write); err != nil {
			return nil, fmt.Errorf("write %s: %w", path, err)
		}
		paths = append(paths, f.path)
	}
	return paths, nil
}

// pages returns the man pages of a command and of all that are listed below it.
func pages(cmd *cobra.Command, date time.Time) []file {
	cmd.DisableAutoGenTag = true
	cmd.InitDefaultHelpFlag()
	name := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
	list := []file{{filepath.Join("man1", name+".1"), func(w io.Writer) error {
		header := doc.GenManHeader{Section: "1", Date: &date, Source: "flowsweep", Manual: "flowsweep"}
		return doc.GenMan(cmd, &header, w)
	}}}
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() && !c.IsAdditionalHelpTopicCommand() {
			list = append(list, pages(c, date)...)
		}
	}
	return list
}

// completions returns the scripts of shells, named as those look for them.
func completions(root *cobra.Command) []file {
	at := func(name string) string { return filepath.Join("completions", name) }
	return []file{
		{at("flowsweep"), func(w io.Writer) error { return root.GenBashCompletionV2(w, true) }},
		{at("_flowsweep"), root.GenZshCompletion},
		{at("flowsweep.fish"), func(w io.Writer) error { return root.GenFishCompletion(w, true) }},
		{at("flowsweep.ps1"), root.GenPowerShellCompletionWithDesc},
	}
}

package ship

import (
	"encoding/csv"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// SweepFolder is Folder for the output of a sweep, by default out/<name>. A folder that holds the output of a sweep of another
// name is an OccupiedError, too: file systems may take two names for one that differ only in case.
func SweepFolder(asked, sweep string) (string, error) {
	out, err := Folder(asked, folderName(sweep))
	if err != nil {
		return out, err
	}
	if owner := ownerOf(out); owner != "" && owner != sweep {
		return out, occupied(fmt.Errorf("%s holds the output of the sweep %s, and %s would replace it: use another --out, or remove the folder", out, owner, sweep))
	}
	return out, nil
}

// FrontFolder is Folder for the Pareto front of a sweep, by default out/<name>-front, which may be the name of a sweep.
func FrontFolder(asked, sweep string) (string, error) {
	out, err := Folder(asked, folderName(sweep)+"-front")
	if err != nil {
		return out, err
	}
	if owner := ownerOf(out); owner != "" {
		return out, occupied(fmt.Errorf("%s holds the output of the sweep %s: use another --out", out, owner))
	}
	return out, nil
}

// ReportLink returns the path of the report of a sweep from the parent of the default output folders, with slashes, or "" if there is
// none in its folder.
func ReportLink(parent, sweep string) string {
	folder := filepath.Join(parent, folderName(sweep))
	if _, err := os.Stat(filepath.Join(folder, ReportFile)); err != nil || ownerOf(folder) != sweep {
		return ""
	}
	return folderName(sweep) + "/" + ReportFile
}

// DefaultParent returns the parent of an output folder, and whether the folder is the default one of the sweep.
func DefaultParent(out, sweep string) (parent string, ok bool) {
	return filepath.Dir(out), filepath.Clean(out) == filepath.Join("out", folderName(sweep))
}

// ComparisonFile is the page of a comparison.
const ComparisonFile = "comparison.html"

// ComparisonFolder is Folder for the comparison of a sweep, b, with another one, a, by default out/<b>-against-<a>, which may be the
// name of a sweep.
func ComparisonFolder(asked, a, b string) (string, error) {
	return Folder(asked, folderName(b)+"-against-"+folderName(a))
}

// reserved matches names that Windows takes for devices, whatever follows the first dot.
// See https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file.
var reserved = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9]|conin\$|conout\$)(\..*)?$`)

// folderName returns the name of a sweep as the name of a folder. The underscores in front keep apart what is changed: no
// sweep's name starts with one.
func folderName(sweep string) string {
	switch {
	case strings.HasSuffix(sweep, "."): // which Windows drops
		return "__" + sweep + "_"
	case reserved.MatchString(sweep):
		return "_" + sweep
	default:
		return sweep
	}
}

// pageTitle matches the title of a report.
var pageTitle = regexp.MustCompile(`<title>(.*): flowsweep report</title>`)

// ownerOf returns the name of the sweep whose output a folder holds, or "" if it holds none: that in its table of runs or, where
// only a report was written, in the title of the page.
func ownerOf(out string) string {
	if file, err := os.Open(filepath.Join(out, csvFile)); err == nil {
		defer file.Close()
		rows := csv.NewReader(file)
		columns, err := rows.Read()
		at := slices.Index(columns, "sweep")
		if err != nil || at < 0 {
			return "" // not of this program
		}
		if row, err := rows.Read(); err == nil {
			return row[at]
		}
		return ""
	}
	page, err := os.ReadFile(filepath.Join(out, ReportFile))
	if err != nil {
		return ""
	}
	if found := pageTitle.FindSubmatch(page[:min(len(page), 4096)]); found != nil {
		return html.UnescapeString(string(found[1]))
	}
	return ""
}

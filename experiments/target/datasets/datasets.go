// Package datasets holds well-known data sets as files, for specs that name them instead of a file of one's own. README.md says
// where they come from; the program make makes them again.
package datasets

import (
	"embed"
	"fmt"
)

//go:embed iris.csv wine.csv breast-cancer.csv digits.csv.gz
var files embed.FS

// Dataset is a data set in a file.
type Dataset struct {
	Name   string // in a spec
	File   string
	Doc    string   // what its rows are
	Images []int    // channels, height and width, if its rows are images; nil otherwise
	Left   []string // columns that are left out unless they are named
}

// Datasets lists every data set.
var Datasets = []Dataset{
	{Name: "iris", File: "iris.csv", Doc: "150 flowers: four lengths and the species (Fisher 1936)"},
	{Name: "wine", File: "wine.csv", Doc: "178 wines: 13 measurements and the cultivar (Aeberhard and Forina 1992)"},
	{Name: "breast-cancer", File: "breast-cancer.csv", Doc: "569 cell nuclei: 30 measurements and the diagnosis (Wolberg et al. 1995)"},
	{Name: "digits", File: "digits.csv.gz", Doc: "1,797 handwritten digits of 8 x 8 pixels (Alpaydin and Kaynak 1998)", Images: []int{1, 8, 8}, Left: []string{"class"}},
}

// Read returns the content of the file.
func (d Dataset) Read() []byte {
	content, err := files.ReadFile(d.File)
	if err != nil {
		panic(fmt.Sprintf("datasets: %v", err)) // it is embedded
	}
	return content
}

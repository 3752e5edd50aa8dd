// The program make makes the files of package datasets from scikit-learn's package on PyPI.
//
//	go run ./experiments/target/datasets/make FOLDER
package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// The package, and the sha256 of its file for Linux. Those for other systems hold the same data.
const (
	index  = "https://pypi.org/simple/scikit-learn/" // 1.9.1
	wheel  = "52a0703bbc07ad27f560fa63fa68e4c54dd735bfbbf65b4dd3c225dc7547b6df"
	inside = "sklearn/datasets/data/"
)

// set is a data set: where it is in the package, and what its columns are called.
type set struct {
	from, to string
	columns  []string
	headed   bool // its first line holds the sizes and the names of the classes
}

// sets lists the data sets, with the names that scikit-learn gives to the columns.
var sets = []set{
	{"iris.csv", "iris.csv", []string{"sepal length", "sepal width", "petal length", "petal width"}, true},
	{"wine_data.csv", "wine.csv", []string{
		"alcohol", "malic acid", "ash", "alcalinity of ash", "magnesium", "total phenols", "flavanoids", "nonflavanoid phenols",
		"proanthocyanins", "color intensity", "hue", "od280/od315 of diluted wines", "proline",
	}, true},
	{"breast_cancer.csv", "breast-cancer.csv", nuclei(), true},
	{"digits.csv.gz", "digits.csv.gz", pixels(), false},
}

func nuclei() (names []string) {
	features := []string{
		"radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave points", "symmetry", "fractal dimension",
	}
	for _, form := range []string{"mean %s", "%s error", "worst %s"} {
		for _, feature := range features {
			names = append(names, fmt.Sprintf(form, feature))
		}
	}
	return names
}

func pixels() (names []string) {
	for i := range 64 {
		names = append(names, fmt.Sprintf("pixel %d %d", i/8, i%8))
	}
	return names
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: make FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "make:", err)
		os.Exit(1)
	}
}

func run(folder string) error {
	content, err := fetch()
	if err != nil {
		return err
	}
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return err
	}
	for _, s := range sets {
		text, err := s.read(archive)
		if err != nil {
			return fmt.Errorf("%s: %w", s.from, err)
		}
		made, err := s.named(text)
		if err != nil {
			return fmt.Errorf("%s: %w", s.from, err)
		}
		if err := os.WriteFile(filepath.Join(folder, s.to), made, 0o644); err != nil {
			return err
		}
		fmt.Printf("%x  %s\n", sha256.Sum256(made), s.to)
	}
	return nil
}

// fetch returns the package.
func fetch() ([]byte, error) {
	list, err := get(index, "application/vnd.pypi.simple.v1+json")
	if err != nil {
		return nil, err
	}
	var files struct {
		Files []struct {
			URL    string
			Hashes struct{ SHA256 string }
		}
	}
	if err := json.Unmarshal(list, &files); err != nil {
		return nil, fmt.Errorf("%s: %w", index, err)
	}
	for _, f := range files.Files {
		if f.Hashes.SHA256 != wheel {
			continue
		}
		content, err := get(f.URL, "*/*")
		if sum := sha256.Sum256(content); err == nil && hex.EncodeToString(sum[:]) != wheel {
			err = fmt.Errorf("%s has the sha256 %x, not %s", f.URL, sum, wheel)
		}
		return content, err
	}
	return nil, fmt.Errorf("%s lists no file with the sha256 %s", index, wheel)
}

func get(url, accept string) ([]byte, error) {
	ask, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	ask.Header.Set("Accept", accept)
	answer, err := http.DefaultClient.Do(ask)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// read returns the text of a data set.
func (s set) read(archive *zip.Reader) (string, error) {
	f, err := archive.Open(inside + s.from)
	if err != nil {
		return "", err
	}
	defer f.Close()
	in := io.Reader(f)
	if strings.HasSuffix(s.from, ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			return "", err
		}
	}
	text, err := io.ReadAll(in)
	return string(text), err
}

// named returns the file with a line of names, and with the classes as words.
func (s set) named(text string) ([]byte, error) {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	var classes []string
	if s.headed {
		classes = strings.Split(strings.TrimSpace(lines[0]), ",")[2:]
		lines = lines[1:]
	}
	var out bytes.Buffer
	fmt.Fprintln(&out, strings.Join(append(s.columns, "class"), ","))
	for i, line := range lines {
		cells := strings.Split(strings.TrimSpace(line), ",")
		if len(cells) != len(s.columns)+1 {
			return nil, fmt.Errorf("row %d has %d cells, not %d", i, len(cells), len(s.columns)+1)
		}
		for j, cell := range cells {
			x, err := strconv.ParseFloat(cell, 64)
			if err != nil {
				return nil, fmt.Errorf("row %d: %w", i, err)
			}
			if cells[j] = strconv.FormatFloat(x, 'g', -1, 64); j == len(s.columns) && s.headed {
				cells[j] = strings.ReplaceAll(classes[int(x)], "class_", "cultivar ")
			}
		}
		fmt.Fprintln(&out, strings.Join(cells, ","))
	}
	if !strings.HasSuffix(s.to, ".gz") {
		return out.Bytes(), nil
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err = w.Write(out.Bytes()); err == nil {
		err = w.Close()
	}
	return packed.Bytes(), err
}

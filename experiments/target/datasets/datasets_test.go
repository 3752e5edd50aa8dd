package datasets

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"testing"
)

// TestFilesAreWhole: the files have the sha256 that the program make printed, and the rows and columns that README.md says.
func TestFilesAreWhole(t *testing.T) {
	t.Parallel()
	known := map[string]struct {
		sum           string
		rows, columns int
	}{
		"iris":          {"0575971e5cdcdc5ce8c8600cb4b9b2ac8cd8dc5cd03c82697f236515c0959b50", 150, 5},
		"wine":          {"206968c64431d4e5bf370a23c02e6991e6ba1bba717a25a2002fe1c672880934", 178, 14},
		"breast-cancer": {"8b8aa3675141b72d6a3648ead4a7059cad138443c6c139a02f65a7b6ef2f2c89", 569, 31},
		"digits":        {"23a77e91b96ab09fb7ca073b18630abbbf8010a46f31b2576f3ecd9c1992a317", 1797, 65},
	}
	for _, d := range Datasets {
		content, want := d.Read(), known[d.Name]
		if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != want.sum {
			t.Errorf("%s has the sha256 %x, not %s", d.Name, sum, want.sum)
		}
		if strings.HasSuffix(d.File, ".gz") {
			r, err := gzip.NewReader(bytes.NewReader(content))
			if err != nil {
				t.Fatal(err)
			}
			if content, err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
		}
		lines := strings.Split(strings.TrimSpace(string(content)), "\n")
		if columns := strings.Count(lines[0], ",") + 1; len(lines) != want.rows+1 || columns != want.columns {
			t.Errorf("%s has %d rows of %d columns", d.Name, len(lines)-1, columns)
		}
	}
}

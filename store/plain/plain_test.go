package plain_test

import (
	"os"
	"path/filepath"
	"testing"

	"flowsweep/store/plain"
)

func TestCreate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a name with spaces, # and ?.db")
	db, err := plain.Create(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`CREATE TABLE a (x REAL); INSERT INTO a VALUES (0.5)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil || len(content) < 16 || string(content[:15]) != "SQLite format 3" {
		t.Errorf("the file starts with %.16q (%v)", content, err)
	}
	if _, err := plain.Create(t.Context(), path); !os.IsExist(err) {
		t.Errorf("a second file in its place: %v", err)
	}
}

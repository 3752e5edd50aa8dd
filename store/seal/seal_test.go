package seal

import (
	"database/sql"
	"math"
	"testing"

	"github.com/mattn/go-sqlite3"
)

// TestOf pins the seals that stores hold, and checks what they depend on.
func TestOf(t *testing.T) {
	t.Parallel()
	good := Of("tags", "run", int64(7), 0.5, "good")
	if want := int64(-8714015324928368123); good != want {
		t.Errorf("got %d, want %d: stores would read as damaged", good, want)
	}
	for name, other := range map[string]int64{
		"another table":   Of("notes", "run", int64(7), 0.5, "good"),
		"a number's type": Of("tags", "run", 7.0, 0.5, "good"),
		"a blob":          Of("tags", "run", int64(7), 0.5, []byte("good")),
		"a sign":          Of("tags", "run", int64(7), -0.5, "good"),
		"another border":  Of("tags", "runr", int64(7), 0.5, "ood"),
		"an inner NULL":   Of("tags", "run", int64(7), nil, "good"),
	} {
		if other == good {
			t.Errorf("%s does not change the seal", name)
		}
	}
	if Of("tags", "run", int64(7), 0.5, "good", nil, []byte(nil)) != good {
		t.Error("NULL at the end changes the seal, so that no column can be added")
	}
	if Of("t", math.Copysign(0, -1)) != Of("t", 0.0) {
		t.Error("the seal of -0, which SQLite stores as 0, is another")
	}
}

// TestBroken seals rows as they are written, and finds the one that is changed behind the triggers.
func TestBroken(t *testing.T) {
	t.Parallel()
	sql.Register("sealed", &sqlite3.SQLiteDriver{ConnectHook: Register})
	db, err := sql.Open("sealed", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection has its own memory
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	do := func(query string) {
		t.Helper()
		if _, err := tx.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	do("CREATE TABLE points (name TEXT PRIMARY KEY, x REAL, n INTEGER, seal INTEGER) STRICT")
	if err := AddTriggers(t.Context(), tx); err != nil {
		t.Fatal(err)
	}
	do("INSERT INTO points (name, x, n) VALUES ('a', -0.0, 1), ('b', 2.5, NULL)")
	do("UPDATE points SET n = 3 WHERE name = 'b'")
	if bad, err := Broken(t.Context(), tx, "points", "true"); err != nil || len(bad) != 0 {
		t.Fatalf("before any damage: %v, %v", bad, err)
	}
	do("DROP TRIGGER points_update")
	do("UPDATE points SET x = -x WHERE name = 'b'")
	bad, err := Broken(t.Context(), tx, "points", "x < ?", 9)
	if err != nil || len(bad) != 1 || bad[0]["name"] != "b" {
		t.Errorf("got %v, %v, want the row b", bad, err)
	}
}

// TestSum: the order of rows counts.
func TestSum(t *testing.T) {
	t.Parallel()
	var ab, ba Sum
	ab.Add(int64(1), 0.5, nil)
	ab.Add(int64(2), "nan", nil)
	ba.Add(int64(2), []byte("nan"), nil)
	ba.Add(int64(1), 0.5, nil)
	if ab.Int64() == ba.Int64() {
		t.Error("the order of rows does not change the sum")
	}
}

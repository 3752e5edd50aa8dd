package store

import "fmt"

// LimitPages simulates a full disk by limiting the file to n pages. It returns the current number of pages.
func (db *DB) LimitPages(n int) (pages int, err error) {
	if _, err := db.writer.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", n)); err != nil {
		return 0, err
	}
	err = db.writer.QueryRow("PRAGMA page_count").Scan(&pages)
	return pages, err
}

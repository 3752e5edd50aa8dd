package store

import "fmt"

// LimitPages makes the disk full for this store: its file gets no more pages than n. It returns how many it has.
func (db *DB) LimitPages(n int) (pages int, err error) {
	if _, err := db.writer.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", n)); err != nil {
		return 0, err
	}
	err = db.writer.QueryRow("PRAGMA page_count").Scan(&pages)
	return pages, err
}

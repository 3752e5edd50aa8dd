// Package parquet writes sweeps as tables, in Parquet or CSV: runs, settings and losses, with a column for all that any row has.
//
//	err := parquet.Write(ctx, folder, home, sweeps)
//
// What does not apply to a row is absent: null in Parquet, and an empty cell in CSV. That is not the same as NaN.
package parquet

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"flowsweep/export/tracked"
)

// Write writes the tables into the folder, which is empty, as runs.parquet, settings.parquet and losses.parquet.
func Write(ctx context.Context, folder, _ string, sweeps []tracked.Sweep) error {
	return write(ctx, folder, ".parquet", sweeps, (*table).parquet)
}

// WriteCSV writes the same tables as CSV.
func WriteCSV(ctx context.Context, folder, _ string, sweeps []tracked.Sweep) error {
	return write(ctx, folder, ".csv", sweeps, (*table).csv)
}

func write(ctx context.Context, folder, ending string, sweeps []tracked.Sweep, as func(t *table, to *os.File) error) error {
	for _, t := range []struct {
		name string
		make func([]tracked.Sweep) *table
	}{{"runs", runs}, {"settings", settings}, {"losses", losses}} {
		if err := ctx.Err(); err != nil {
			return err
		}
		file, err := os.OpenFile(filepath.Join(folder, t.name+ending), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return err
		}
		if err := errors.Join(as(t.make(sweeps), file), file.Close()); err != nil {
			return err
		}
	}
	return nil
}

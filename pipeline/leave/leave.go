// Package leave takes sweeps out of the store, for other programs: it reads them as trackers see them, and has them written.
//
//	sweeps, err := leave.Load(ctx, db, []string{"two-moons"}, nil)
//	form, err := leave.FormNamed("mlflow")
//	err = form.Write(ctx, folder, sweeps)
package leave

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"flowsweep/export/mlflow"
	"flowsweep/export/optuna"
	"flowsweep/export/parquet"
	"flowsweep/export/tensorboard"
	"flowsweep/export/tracked"
	"flowsweep/store/plain"
)

// Form is what sweeps are written as.
type Form struct {
	Name string
	Open string // the command that opens it, with %s for the folder; empty for tables

	// write writes the sweeps into the folder, which is empty. The folder is renamed to home afterwards.
	write func(ctx context.Context, folder, home string, sweeps []tracked.Sweep) error
}

// Forms are the forms there are.
var Forms = []Form{
	{Name: "mlflow", write: inSQLite("mlflow.db", mlflow.Write), Open: "mlflow ui --backend-store-uri sqlite:///%s/mlflow.db"},
	{Name: "tensorboard", write: tensorboard.Write, Open: "tensorboard --logdir %s"},
	{Name: "optuna", write: inSQLite("optuna.db", optuna.Write), Open: "optuna-dashboard sqlite:///%s/optuna.db"},
	{Name: "parquet", write: parquet.Write},
	{Name: "csv", write: parquet.WriteCSV},
}

// inSQLite returns the write of a Form by one that writes into an SQLite file, and into the folder what goes beside it.
func inSQLite(name string, write func(ctx context.Context, db *sql.DB, folder, home string, sweeps []tracked.Sweep) error,
) func(ctx context.Context, folder, home string, sweeps []tracked.Sweep) error {
	return func(ctx context.Context, folder, home string, sweeps []tracked.Sweep) error {
		db, err := plain.Create(ctx, filepath.Join(folder, name))
		if err != nil {
			return err
		}
		return errors.Join(write(ctx, db, folder, home, sweeps), db.Close())
	}
}

// FormNamed returns the form of that name.
func FormNamed(name string) (Form, error) {
	for _, f := range Forms {
		if f.Name == name {
			return f, nil
		}
	}
	return Form{}, fmt.Errorf("unknown form %q: give one of %s", name, strings.Join(Names(), ", "))
}

// Names returns the names of the forms.
func Names() (names []string) {
	for _, f := range Forms {
		names = append(names, f.Name)
	}
	return names
}

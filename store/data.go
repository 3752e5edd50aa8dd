package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"flowsweep/experiments"
	"flowsweep/store/large"
)

// dataPrefix, followed by the path in the spec, names the artifact of a sweep that holds a data file of its spec. The
// spec can thus be read again even if the file has moved. The rows of a fit are artifacts of the fit, which may outlive
// the sweep.
const dataPrefix = "data/"

// isData is the SQL condition that an artifact of a sweep is one of its data files.
const isData = `substr(name, 1, length('` + dataPrefix + `')) = '` + dataPrefix + `'`

// saveData replaces the data files of a sweep by those its spec names now.
func (db *DB) saveData(ctx context.Context, tx *sql.Tx, spec experiments.Spec) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM artifacts WHERE owner_kind = ? AND owner = ? AND `+isData, ownerSweep, spec.Name); err != nil {
		return err
	}
	for _, f := range spec.Files {
		c, err := db.holdData(f)
		if err != nil {
			return err
		}
		if err := db.saveArtifact(ctx, tx, Owner{ownerSweep, spec.Name}, dataPrefix+f.Name, c); err != nil {
			return err
		}
	}
	return nil
}

// recipeContents stores the contents of recipes, each once per transaction however many fits share it.
type recipeContents struct {
	db    *DB
	saved map[any]experiments.Artifact // by what holds them
}

func (r recipeContents) save(ctx context.Context, tx *sql.Tx, fit experiments.Fit) error {
	for _, c := range fit.Recipe.Contents() {
		by := any(c.Large)
		if c.Large == nil {
			by = &c.Content[0]
		}
		a, ok := r.saved[by]
		if !ok {
			held, err := r.db.holdData(c)
			if err == nil {
				err = r.db.saveBlob(ctx, tx, held)
			}
			if err != nil {
				return err
			}
			a = held.Artifact
			r.saved[by] = a
		}
		if err := nameBlob(ctx, tx, Owner{ownerFit, fit.Key}, c.Name, a); err != nil {
			return err
		}
	}
	return nil
}

// parser returns a parser of the sweep's stored spec that reads its data files from the store.
func parser(ctx context.Context, tx *sql.Tx, sweep string, r artifactReader) experiments.Parser {
	again := func(err error) error {
		if err != nil && !Damaged(err) {
			err = fmt.Errorf("%w: run `flowsweep sweep` on its spec again", err)
		}
		return err
	}
	p := experiments.Parser{Stored: true, Open: func(path string) ([]byte, error) {
		content, err := r.read(ctx, tx, Owner{ownerSweep, sweep}, dataPrefix+path)
		return content, again(err)
	}}
	if r.db != nil {
		p.Large = r.db.data.files.With(func(path string) (*io.SectionReader, error) {
			file, err := r.db.dataFile(ctx, tx, `SELECT a.sha256, b.size FROM artifacts a JOIN blobs b USING (sha256)
				WHERE a.owner_kind = ? AND a.owner = ? AND a.name = ? AND `+isLarge, ownerSweep, sweep, dataPrefix+path)
			return file, again(err)
		})
	}
	return p
}

// isLarge is the SQL condition that the content of a blob b is a file.
const isLarge = `b.size IS NOT NULL AND length(b.bytes) = 0`

// dataFiles are the files of data that were opened, each of them once.
type dataFiles struct {
	files *experiments.LargeFiles // whose targets all parsers share

	mu   sync.Mutex
	open map[string]*io.SectionReader // by sha256
}

func newDataFiles() *dataFiles {
	none := func(string) (*io.SectionReader, error) { return nil, nil }
	return &dataFiles{files: experiments.NewLargeFiles(none), open: map[string]*io.SectionReader{}}
}

// dataFile opens the large content that a query returns, the sha256 and the size, or nil for none.
func (db *DB) dataFile(ctx context.Context, tx rowQuerier, query string, args ...any) (*io.SectionReader, error) {
	var sum string
	var size int64
	switch err := tx.QueryRowContext(ctx, query, args...).Scan(&sum, &size); {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	}
	db.data.mu.Lock()
	defer db.data.mu.Unlock()
	if file := db.data.open[sum]; file != nil {
		return file, nil
	}
	file, err := db.large.Open(sum, size)
	if err != nil {
		return nil, damagedFile(err)
	}
	db.data.open[sum] = file
	return file, nil
}

// rowQuerier is a transaction, or a database.
type rowQuerier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// DataFiles returns the data of stored recipes whose rows are read as they are needed, by the sha256 in the recipe, which is that of
// the rows as 64-bit floats. Their files are as the user had them.
func (db *DB) DataFiles(ctx context.Context) *experiments.LargeFiles {
	return db.data.files.With(func(sum string) (file *io.SectionReader, err error) {
		defer wrap(&err, "read the content %s", sum)
		return db.dataFile(ctx, db.source(), `SELECT a.sha256, b.size FROM artifacts a JOIN blobs b USING (sha256) JOIN fits f ON f.key = a.owner
			WHERE a.owner_kind = ?1 AND `+isLarge+` AND (a.name = ?2 AND f.config -> 'target' ->> 'sha256' = ?4 OR a.name = ?3 AND f.config -> 'source' ->> 'sha256' = ?4)
				AND NOT (a.sha256 = ?4 AND b.size <= ?5) LIMIT 1`, ownerFit, experiments.TargetFile, experiments.SourceFile, sum, experiments.MaxHeldSize)
	})
}

// holdData makes a data file ready to be stored.
func (db *DB) holdData(f experiments.DataFile) (c content, err error) {
	if f.Large == nil {
		return db.hold(f.Content)
	}
	c = content{file: f.Large, large: true}
	c.Size = f.Large.Size()
	if c.SHA256, err = large.Sum(f.Large); err != nil {
		return c, err
	}
	return c, db.large.SaveFile(c.SHA256, f.Large)
}

// parseSpec returns a stored spec as it was meant: versions that knew no kinds of columns took all for real, and stored none.
func (db *DB) parseSpec(ctx context.Context, tx *sql.Tx, name, text string) (experiments.Spec, error) {
	p := parser(ctx, tx, name, db.artifactReader())
	spec, err := p.Parse(name+".yaml", []byte(text))
	coded := func(s experiments.Setting) bool { return !s.Target.Code.Identity() }
	if err == nil && !slices.ContainsFunc(spec.Settings, coded) {
		return spec, nil
	}
	var known bool
	if err := tx.QueryRowContext(ctx, `SELECT NOT EXISTS (SELECT 1 FROM sweep_runs WHERE sweep = ?1) OR EXISTS (SELECT 1 FROM sweep_runs p
		JOIN runs r ON r.key = p.run JOIN fits f ON f.key = r.fit WHERE p.sweep = ?1 AND f.config -> 'target' -> 'kinds' IS NOT NULL)`, name).Scan(&known); err != nil {
		return spec, err
	}
	if known {
		return spec, err
	}
	p.Real = true
	return p.Parse(name+".yaml", []byte(text))
}

// Content returns the content with this sha256, such as the data of a stored recipe.
func (db *DB) Content(ctx context.Context, sha256 string) (content []byte, err error) {
	defer wrap(&err, "read the content %s", sha256)
	var size sql.NullInt64
	err = db.source().QueryRowContext(ctx, `SELECT bytes, size FROM blobs WHERE sha256 = ?`, sha256).Scan(&content, &size)
	if errors.Is(err, sql.ErrNoRows) {
		err = &DamageError{"it is missing", true}
	}
	if err != nil {
		return nil, err
	}
	return db.load(sha256, content, size)
}

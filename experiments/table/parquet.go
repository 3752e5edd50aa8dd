package table

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// decodeParquet returns the table in a Parquet file. Numbers and booleans become numbers, decimals too; texts become
// words; null is a missing value. Columns of lists, structs, dates and raw bytes have no values, and say why.
func decodeParquet(file []byte, _ Options) (t Table, err error) {
	defer func() {
		if r := recover(); r != nil { // the library panics on some damage
			err = fmt.Errorf("decode parquet: the file is damaged: %v", r)
		}
	}()
	f, err := openParquet(file)
	if err != nil {
		return Table{}, fmt.Errorf("decode parquet: %w", err)
	}
	t = Table{Named: true}
	n := int(f.NumRows())
	none := make([]float64, n) // of all columns without values
	for i := range none {
		none[i] = math.NaN()
	}
	for _, leaf := range f.Root().Columns() {
		c := Column{Name: leaf.Name(), Values: none, Word: f.unread(leaf), gap: cell{line: 1}}
		if c.Word == "" {
			if c, err = readLeaf(f, leaf, n); err != nil {
				return Table{}, fmt.Errorf("decode parquet: column %q: %w", leaf.Name(), err)
			}
			c.finish(t)
		}
		if strings.HasPrefix(c.Name, "__index_level_") && numberRows(c.Values) {
			c.RowNumbers = true // pandas
		}
		t.Columns = append(t.Columns, c)
	}
	return t, t.uniqueNames()
}

// uniqueNames returns an error if two columns have one name.
func (t Table) uniqueNames() error {
	seen := map[string]bool{}
	for _, c := range t.Columns {
		if seen[c.Name] || len(c.Name) > maxName {
			return fmt.Errorf("decode parquet: the name %s is that of two columns, or too long: rename one", quoted(c.Name))
		}
		seen[c.Name] = true
	}
	return nil
}

// parquetFile is an open file, with the names of its columns of 16-bit floats, which the library takes for bytes.
type parquetFile struct {
	*parquet.File
	halves map[string]bool
}

// openParquet opens a file after checkFooter and checkPages.
func openParquet(file []byte) (parquetFile, error) {
	if err := checkFooter(file); err != nil {
		return parquetFile{}, err
	}
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return parquetFile{}, err
	}
	columns := f.Root().Columns()
	if len(columns) > MaxColumns {
		return parquetFile{}, fmt.Errorf("it has %d columns: at most %d", len(columns), MaxColumns)
	}
	if n := f.NumRows(); n < 0 || n > int64(MaxCells/max(1, len(columns))) {
		return parquetFile{}, fmt.Errorf("it has %d rows of %d columns: at most %d cells: leave rows or columns out", n, len(columns), MaxCells)
	}
	of := parquetFile{f, map[string]bool{}}
	for _, e := range f.Metadata().Schema {
		if _, half := e.LogicalType.Value.(*format.Float16Type); half {
			of.halves[e.Name] = true
		}
	}
	return of, checkPages(file, of)
}

// unread returns why a column is not read, or an empty string.
func (f parquetFile) unread(c *parquet.Column) string {
	if !c.Leaf() || c.Repeated() {
		return "it is nested: each row holds a list or a struct"
	}
	kind := c.Type().Kind()
	switch logical := logicalOf(c).(type) {
	case *format.DateType, *format.TimeType, *format.TimestampType:
		return "it holds dates or times"
	case *format.DecimalType:
		if kind != parquet.Int32 && kind != parquet.Int64 {
			return "it holds decimals of more than 18 digits"
		}
	case *format.StringType, *format.EnumType, *format.JsonType, *format.IntType, nil:
		if kind == parquet.Int96 {
			return "it holds dates or times"
		}
		if kind == parquet.FixedLenByteArray && !(f.halves[c.Name()] && c.Type().Length() == 2) {
			return "it holds raw bytes"
		}
	default:
		return fmt.Sprintf("it is of the type %s", logical)
	}
	return ""
}

func logicalOf(c *parquet.Column) format.LogicalTypeValue {
	if l := c.Type().LogicalType(); l != nil {
		return l.Value
	}
	return nil
}

// readLeaf reads a column that is not nested.
func readLeaf(f parquetFile, leaf *parquet.Column, n int) (Column, error) {
	c := Column{Name: leaf.Name(), Values: make([]float64, 0, n)}
	text := leaf.Type().Kind() == parquet.ByteArray
	if text {
		c.Texts = make([]string, 0, n)
	}
	number := numberOf(leaf)
	shared := texts{}
	for _, group := range f.RowGroups() {
		err := eachValue(group.ColumnChunks()[leaf.Index()], func(v parquet.Value) error {
			if len(c.Values) == n {
				return fmt.Errorf("it has more values than rows")
			}
			switch {
			case v.IsNull():
				c.Values = append(c.Values, math.NaN())
				if c.gap.line == 0 {
					c.gap = cell{line: len(c.Values)}
				}
			case !text:
				c.numbers++
				c.Values = append(c.Values, number(v))
				return nil
			default:
				return c.addText(v.ByteArray(), shared)
			}
			if text {
				c.Texts = append(c.Texts, "")
			}
			return nil
		})
		if err != nil {
			return c, err
		}
	}
	if len(c.Values) != n {
		return c, fmt.Errorf("it has %d values in %d rows: the file is damaged", len(c.Values), n)
	}
	return c, nil
}

// addText appends a text. Equal ones share their memory.
func (c *Column) addText(raw []byte, shared texts) error {
	if !utf8.Valid(raw) {
		return errors.New("it holds raw bytes: leave it out of the file, or write texts in UTF-8")
	}
	text := shared.of(bytes.TrimSpace(raw))
	c.Texts = append(c.Texts, text)
	c.Values = append(c.Values, math.NaN())
	at := cell{text, len(c.Values)}
	if c.gap.line == 0 {
		c.gap = at
	}
	if isMissing(text) {
		return nil
	}
	if c.words++; c.words == 1 {
		c.word = at
	}
	return nil
}

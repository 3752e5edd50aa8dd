package table

import (
	"encoding/binary"
	"errors"
	"io"
	"math"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"flowsweep/experiments/flow"
)

// eachValue calls f for the values of a chunk, in order.
func eachValue(chunk parquet.ColumnChunk, f func(parquet.Value) error) (err error) {
	pages := chunk.Pages()
	defer func() { err = errors.Join(err, pages.Close()) }()
	var values [1024]parquet.Value
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for r := page.Values(); err == nil; {
			var n int
			n, err = r.ReadValues(values[:])
			for _, v := range values[:n] {
				if err := f(v); err != nil {
					return err
				}
			}
			if n == 0 && err == nil {
				err = io.ErrNoProgress
			}
		}
		parquet.Release(page)
		if !errors.Is(err, io.EOF) {
			return err
		}
	}
}

// numberOf returns how the numbers of a column are read. Integers beyond 2^53 are rounded.
func numberOf(leaf *parquet.Column) func(parquet.Value) float64 {
	scale, unsigned := 1., false
	switch logical := logicalOf(leaf).(type) {
	case *format.DecimalType:
		scale = math.Pow10(int(logical.Scale))
	case *format.IntType:
		unsigned = !logical.IsSigned
	}
	switch leaf.Type().Kind() {
	case parquet.Boolean:
		return func(v parquet.Value) float64 {
			if v.Boolean() {
				return 1
			}
			return 0
		}
	case parquet.Int32:
		if unsigned {
			return func(v parquet.Value) float64 { return float64(v.Uint32()) }
		}
		return func(v parquet.Value) float64 { return float64(v.Int32()) / scale }
	case parquet.Int64:
		if unsigned {
			return func(v parquet.Value) float64 { return float64(v.Uint64()) }
		}
		return func(v parquet.Value) float64 { return float64(v.Int64()) / scale }
	case parquet.Float:
		return func(v parquet.Value) float64 { return float64(v.Float()) }
	case parquet.Double:
		return parquet.Value.Double
	default:
		return func(v parquet.Value) float64 { return flow.Half(binary.LittleEndian.Uint16(v.ByteArray())) }
	}
}

package table

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// The library believes a file in what it says of lengths, and lets a page grow as it is inflated: a few bytes can make it
// take all memory. So every length in a file is checked before the library sees it.

const (
	parquetMagic  = "PAR1"
	maxItems      = 1 << 20         // entries of all lists in a footer, each of some hundred bytes in memory
	maxPagesTotal = 4 * MaxInflated // bytes of all pages, inflated one after the other
)

var errTruncated = errors.New("the file ends too early, or is damaged: copy it again")

// checkFooter returns an error if a file is not whole, or its footer declares more than a footer does.
func checkFooter(file []byte) error {
	if bytes.HasPrefix(file, []byte("PARE")) || bytes.HasSuffix(file, []byte("PARE")) {
		return errors.New("it is encrypted: save it without encryption")
	}
	if !bytes.HasPrefix(file, []byte(parquetMagic)) {
		return errors.New("not a Parquet file")
	}
	if len(file) < 12 || !bytes.HasSuffix(file, []byte(parquetMagic)) {
		return errTruncated
	}
	body := file[4 : len(file)-8]
	size := binary.LittleEndian.Uint32(file[len(file)-8:])
	if uint64(size) > uint64(len(body)) {
		return errTruncated
	}
	w := thriftWalk{data: body[len(body)-int(size):]}
	if err := w.structure(0); err != nil {
		return fmt.Errorf("its footer: %w", err)
	}
	return nil
}

// checkPages returns an error if a page of a column that is read would take more memory than its numbers do.
func checkPages(file []byte, f parquetFile) error {
	left := int64(maxPagesTotal)
	rows := int64(0)
	for i, group := range f.Metadata().RowGroups {
		if group.NumRows < 0 || group.NumRows > f.NumRows()-rows {
			return fmt.Errorf("row group %d has %d rows of %d in the file: %w", i, group.NumRows, f.NumRows(), errTruncated)
		}
		rows += group.NumRows
		for _, leaf := range f.Root().Columns() {
			if f.unread(leaf) != "" {
				continue
			}
			if leaf.Index() >= len(group.Columns) {
				return fmt.Errorf("row group %d has %d columns: %w", i, len(group.Columns), errTruncated)
			}
			chunk, err := chunkOf(file, group.Columns[leaf.Index()].MetaData)
			if err != nil {
				return fmt.Errorf("column %q: %w", leaf.Name(), err)
			}
			chunk.rows, chunk.left, chunk.optional = group.NumRows, &left, leaf.Optional()
			if err := chunk.check(); err != nil {
				return fmt.Errorf("column %q: %w", leaf.Name(), err)
			}
		}
	}
	if rows != f.NumRows() {
		return fmt.Errorf("its row groups have %d rows of %d: %w", rows, f.NumRows(), errTruncated)
	}
	return nil
}

// chunk is the pages of a column in a row group.
type chunk struct {
	data     []byte
	codec    format.CompressionCodec
	optional bool // values may be null
	rows     int64
	left     *int64 // bytes that pages may still take
}

func chunkOf(file []byte, m format.ColumnMetaData) (chunk, error) {
	from := m.DataPageOffset
	if d := m.DictionaryPageOffset; d != 0 {
		from = d
	}
	if from < 4 || m.TotalCompressedSize < 0 || from > int64(len(file)) || m.TotalCompressedSize > int64(len(file))-from ||
		m.DataPageOffset < from || m.DataPageOffset > from+m.TotalCompressedSize {
		return chunk{}, errTruncated
	}
	return chunk{data: file[from : from+m.TotalCompressedSize], codec: m.Codec}, nil
}

// check walks over the pages.
func (c chunk) check() error {
	values := int64(0)
	for rest := c.data; len(rest) > 0; {
		w := thriftWalk{data: rest}
		if err := w.structure(0); err != nil {
			return err
		}
		var h format.PageHeader
		if err := thrift.Unmarshal(new(thrift.CompactProtocol), rest[:w.at], &h); err != nil {
			return err
		}
		rest = rest[w.at:]
		if h.CompressedPageSize < 0 || int(h.CompressedPageSize) > len(rest) || h.UncompressedPageSize < 0 {
			return errTruncated
		}
		if *c.left -= int64(h.UncompressedPageSize); *c.left < 0 || h.UncompressedPageSize > MaxInflated {
			return fmt.Errorf("its pages hold more than %d bytes once they are inflated: leave rows or columns out", maxPagesTotal)
		}
		n, err := c.page(h, rest[:h.CompressedPageSize])
		if err != nil {
			return err
		}
		if values += int64(n); values > c.rows {
			return fmt.Errorf("%d values in %d rows: %w", values, c.rows, errTruncated)
		}
		rest = rest[h.CompressedPageSize:]
	}
	return nil
}

// page checks a page, and returns how many values it says to hold.
func (c chunk) page(h format.PageHeader, data []byte) (n int32, err error) {
	size := int(h.UncompressedPageSize)
	switch {
	case h.Type == format.DictionaryPage && h.DictionaryPageHeader.Valid:
		raw, err := c.inflate(data, size)
		if n := h.DictionaryPageHeader.V.NumValues; err == nil && (n < 0 || int(n) > 8*len(raw)) {
			err = errTruncated
		}
		return 0, err
	case h.Type == format.DataPage && h.DataPageHeader.Valid:
		d := h.DataPageHeader.V
		return d.NumValues, c.first(d, data, size)
	case h.Type == format.DataPageV2 && h.DataPageHeaderV2.Valid:
		d := h.DataPageHeaderV2.V
		return d.NumValues, c.second(d, data, size)
	case h.Type == format.IndexPage:
		return 0, nil
	default:
		return 0, fmt.Errorf("a page of an unknown type: %w", errTruncated)
	}
}

// first checks a page of the first version: the lengths of its levels, which say what is null, stand in it.
func (c chunk) first(d format.DataPageHeader, data []byte, size int) error {
	raw, err := c.inflate(data, size)
	if err != nil {
		return err
	}
	if c.optional {
		levels, rest, ok := prefixed(raw)
		if !ok || d.DefinitionLevelEncoding != format.RLE {
			return errTruncated
		}
		if err := checkRuns(levels, 1, d.NumValues); err != nil {
			return err
		}
		raw = rest
	}
	return checkValues(raw, d.Encoding, d.NumValues)
}

// second checks a page of the second version, whose levels are not compressed.
func (c chunk) second(d format.DataPageHeaderV2, data []byte, size int) (err error) {
	levels := int(d.DefinitionLevelsByteLength)
	if levels < 0 || d.RepetitionLevelsByteLength != 0 || levels > len(data) || d.NumNulls < 0 || d.NumNulls > d.NumValues {
		return errTruncated
	}
	if err := checkRuns(data[:levels], 1, d.NumValues); err != nil {
		return err
	}
	raw := data[levels:]
	if !d.IsCompressed.Valid || d.IsCompressed.V {
		if raw, err = c.inflate(raw, size); err != nil { // the size may count the levels, too
			return err
		}
	}
	return checkValues(raw, d.Encoding, d.NumValues)
}

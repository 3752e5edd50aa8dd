package table

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// prefixed divides data into what follows a length of 4 bytes, and the rest.
func prefixed(data []byte) (part, rest []byte, ok bool) {
	if len(data) < 4 {
		return nil, nil, false
	}
	n := binary.LittleEndian.Uint32(data)
	if uint64(n) > uint64(len(data)-4) {
		return nil, nil, false
	}
	return data[4 : 4+n], data[4+n:], true
}

// slack is how many values more than it should a sequence of runs may hold: writers fill up groups of them.
const slack = 1 << 10

// checkRuns returns an error if runs of values hold more than n of them.
func checkRuns(data []byte, width int, n int32) error {
	most := uint64(max(0, n)) + slack
	for len(data) > 0 {
		head, used := binary.Uvarint(data)
		if used <= 0 {
			return errTruncated
		}
		data = data[used:]
		count, size := head>>1, uint64(width+7)/8
		if head&1 == 1 {
			if count > most {
				return errTruncated
			}
			count, size = 8*count, count*uint64(width)
		}
		if count > most {
			return fmt.Errorf("a run of %d values in a page of %d: %w", count, n, errTruncated)
		}
		most -= count
		data = data[min(size, uint64(len(data))):]
	}
	return nil
}

// plainDictionary is the name that early writers give to format.RLEDictionary in a page of values.
const plainDictionary format.Encoding = 2

// checkValues returns an error if the values of a page are more than n, or encoded so that they cannot be counted.
func checkValues(data []byte, e format.Encoding, n int32) error {
	if n < 0 {
		return errTruncated
	}
	switch e {
	case format.Plain, format.ByteStreamSplit:
		return nil
	case plainDictionary, format.RLEDictionary:
		if len(data) == 0 {
			return nil
		}
		return checkRuns(data[1:], int(data[0]), n)
	case format.RLE:
		runs, _, ok := prefixed(data)
		if !ok {
			return errTruncated
		}
		return checkRuns(runs, 1, n)
	case format.DeltaBinaryPacked, format.DeltaLengthByteArray:
		for i, most := range []uint64{1 << 16, 1 << 10, uint64(n)} { // values in a block, its parts, values in all
			v, used := binary.Uvarint(data)
			if used <= 0 || v > most || v == 0 && i < 2 {
				return errTruncated
			}
			data = data[used:]
		}
		return nil
	default:
		return fmt.Errorf("its encoding %s is not read: write the file with plain or dictionary encoding", e)
	}
}

// inflate returns what a page holds, or an error if it is more than it says.
func (c chunk) inflate(data []byte, size int) (raw []byte, err error) {
	switch c.codec {
	case format.Uncompressed:
		return data, nil
	case format.Snappy:
		if n, err := snappy.DecodedLen(data); err != nil || n > size {
			return nil, errTruncated
		}
		raw, err = snappy.Decode(nil, data)
	case format.Gzip:
		var r *gzip.Reader
		if r, err = gzip.NewReader(bytes.NewReader(data)); err == nil {
			raw, err = io.ReadAll(io.LimitReader(r, int64(size)+1))
		}
	case format.Brotli:
		raw, err = io.ReadAll(io.LimitReader(brotli.NewReader(bytes.NewReader(data)), int64(size)+1))
	case format.Zstd:
		var r *zstd.Decoder
		if r, err = zstd.NewReader(bytes.NewReader(data), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(MaxInflated)); err == nil {
			raw, err = io.ReadAll(io.LimitReader(r, int64(size)+1))
			r.Close()
		}
	case format.Lz4Raw:
		raw = make([]byte, size)
		var n int
		if n, err = lz4.UncompressBlock(data, raw); err == nil {
			raw = raw[:n]
		}
	default:
		return nil, fmt.Errorf("its compression %s is not read: use snappy, gzip, zstd, brotli or none", c.codec)
	}
	if err != nil || len(raw) > size {
		return nil, fmt.Errorf("a page is not what it says: %w", errTruncated)
	}
	return raw, nil
}

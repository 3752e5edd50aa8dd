package table

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// thriftWalk steps over values in Thrift's compact protocol without making them, to find where they end and how many
// entries their lists have.
type thriftWalk struct {
	data  []byte
	at    int
	items uint64
}

// The types of the protocol.
const (
	thriftTrue, thriftFalse, thriftByte, thriftInt16, thriftInt32, thriftInt64 = 1, 2, 3, 4, 5, 6
	thriftDouble, thriftBinary, thriftList, thriftSet, thriftMap, thriftStruct = 7, 8, 9, 10, 11, 12
)

// maxThriftDepth is how deep structs may be nested. Those of Parquet are less than 10 deep.
const maxThriftDepth = 32

// structure steps over a struct: fields, each of which starts with its type and number, up to a zero.
func (w *thriftWalk) structure(depth int) error {
	if depth > maxThriftDepth {
		return errors.New("it is nested too deep")
	}
	for {
		head, err := w.byte()
		if err != nil || head == 0 {
			return err
		}
		if head>>4 == 0 {
			if _, err := w.uvarint(); err != nil {
				return err
			}
		}
		kind := head & 15
		if kind == thriftTrue || kind == thriftFalse {
			continue // the type is the value
		}
		if err := w.value(kind, depth); err != nil {
			return err
		}
	}
}

// value steps over a value of a type.
func (w *thriftWalk) value(kind byte, depth int) error {
	switch kind {
	case thriftTrue, thriftFalse, thriftByte:
		return w.skip(1)
	case thriftInt16, thriftInt32, thriftInt64:
		_, err := w.uvarint()
		return err
	case thriftDouble:
		return w.skip(8)
	case thriftBinary:
		n, err := w.uvarint()
		if err != nil {
			return err
		}
		return w.skip(n)
	case thriftList, thriftSet:
		return w.list(depth)
	case thriftStruct:
		return w.structure(depth + 1)
	default:
		return fmt.Errorf("a value of the type %d: %w", kind, errTruncated) // maps do not occur in Parquet
	}
}

// list steps over a list: its length and type, and its entries.
func (w *thriftWalk) list(depth int) error {
	head, err := w.byte()
	if err != nil {
		return err
	}
	n := uint64(head >> 4)
	if n == 15 {
		if n, err = w.uvarint(); err != nil {
			return err
		}
	}
	if n > maxItems || w.items+n > maxItems {
		return fmt.Errorf("its lists have more than %d entries", maxItems)
	}
	w.items += n
	for range n {
		if err := w.value(head&15, depth); err != nil {
			return err
		}
	}
	return nil
}

func (w *thriftWalk) byte() (byte, error) {
	if w.at == len(w.data) {
		return 0, errTruncated
	}
	w.at++
	return w.data[w.at-1], nil
}

func (w *thriftWalk) uvarint() (uint64, error) {
	n, used := binary.Uvarint(w.data[w.at:])
	if used <= 0 {
		return 0, errTruncated
	}
	w.at += used
	return n, nil
}

func (w *thriftWalk) skip(n uint64) error {
	if n > uint64(len(w.data)-w.at) {
		return errTruncated
	}
	w.at += int(n)
	return nil
}

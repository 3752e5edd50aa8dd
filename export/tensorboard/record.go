package tensorboard

import (
	"encoding/binary"
	"hash/crc32"
	"io"
)

// castagnoli is the polynomial of the checksums of records.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// masked returns the checksum of data as records have it: rotated, so that data which holds checksums has one of its own.
func masked(data []byte) uint32 {
	sum := crc32.Checksum(data, castagnoli)
	return (sum>>15 | sum<<17) + 0xa282ead8
}

// writeRecord writes data as a record: its length and the data, each followed by its checksum.
func writeRecord(w io.Writer, data []byte) error {
	record := make([]byte, 0, len(data)+16)
	record = binary.LittleEndian.AppendUint64(record, uint64(len(data)))
	record = binary.LittleEndian.AppendUint32(record, masked(record))
	record = append(record, data...)
	record = binary.LittleEndian.AppendUint32(record, masked(data))
	_, err := w.Write(record)
	return err
}

package tensorboard

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// TestRecord compares with what tensorboard.summary.writer.record_writer of TensorBoard 2.21 writes.
func TestRecord(t *testing.T) {
	var file bytes.Buffer
	if err := writeRecord(&file, []byte("123456789")); err != nil {
		t.Fatal(err)
	}
	if got, want := hex.EncodeToString(file.Bytes()), "090000000000000037f97139313233343536373839e5b08ac7"; got != want {
		t.Errorf("the record is %s, want %s", got, want)
	}
}

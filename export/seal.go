package export

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"

	"flowsweep/experiments/engine/onnx"
)

// checksum is the property that holds the sha256 of the file without that property. Runtimes run a file with a flipped
// bit and say nothing.
const checksum = "checksum"

// seal returns the model's file with its checksum, if it is one to run.
func seal(m onnx.Model) ([]byte, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	m.Metadata = maps.Clone(m.Metadata)
	m.Metadata[checksum] = sumOf(m)
	return m.Marshal(), nil
}

func sumOf(m onnx.Model) string {
	sum := sha256.Sum256(m.Marshal())
	return hex.EncodeToString(sum[:])
}

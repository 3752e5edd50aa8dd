package tensorboard

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// message is a protocol buffer message in its wire format. Fields have the numbers of TensorBoard's .proto files.
type message []byte

func (m message) varint(field protowire.Number, x uint64) message {
	return protowire.AppendVarint(protowire.AppendTag(m, field, protowire.VarintType), x)
}

func (m message) double(field protowire.Number, x float64) message {
	return protowire.AppendFixed64(protowire.AppendTag(m, field, protowire.Fixed64Type), math.Float64bits(x))
}

func (m message) bytes(field protowire.Number, x []byte) message {
	return protowire.AppendBytes(protowire.AppendTag(m, field, protowire.BytesType), x)
}

func (m message) text(field protowire.Number, x string) message { return m.bytes(field, []byte(x)) }

func (m message) float(field protowire.Number, x float32) message {
	return protowire.AppendFixed32(protowire.AppendTag(m, field, protowire.Fixed32Type), math.Float32bits(x))
}

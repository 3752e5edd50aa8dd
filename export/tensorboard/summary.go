package tensorboard

import "time"

// The types of tensors: DT_FLOAT and DT_STRING of tensorflow/core/framework/types.proto.
const (
	floatType = 1
	textType  = 7
)

// version returns the first event of every file.
func version(at time.Time) message {
	return message(nil).double(1, seconds(at)).text(3, "brain.Event:2")
}

// event returns the event of values at a step of training.
func event(at time.Time, step int, values ...message) message {
	var summary message
	for _, v := range values {
		summary = summary.bytes(1, v)
	}
	return message(nil).double(1, seconds(at)).varint(2, uint64(step)).bytes(5, summary)
}

// seconds returns a time as events have it: in seconds since 1970, 0 if it is unknown.
func seconds(at time.Time) float64 {
	if at.IsZero() {
		return 0
	}
	return float64(at.UnixMicro()) / 1e6
}

// scalar returns a number with a tag, as a float32: TensorBoard shows no others unless its fast reader is switched off, and scripts ask for
// them by EventAccumulator.Scalars.
func scalar(tag string, x float64) message {
	return message(nil).text(1, tag).float(2, float32(x))
}

// picture returns a PNG file with a tag, and its size in pixels as a text.
func picture(tag, width, height string, png []byte) message {
	tensor := message(nil).varint(1, textType).bytes(2, shape(3)).text(8, width).text(8, height).bytes(8, png)
	return value(tag, "images", nil, tensor)
}

// note returns a text in Markdown with a tag.
func note(tag, text string) message {
	return value(tag, "text", nil, message(nil).varint(1, textType).bytes(2, shape(1)).text(8, text))
}

// shape returns the shape of a tensor of one dimension.
func shape(n int) message {
	return message(nil).bytes(2, message(nil).varint(1, uint64(n)))
}

// value returns a tensor with a tag, for the plugin of TensorBoard that shows it. Content is the plugin's own.
func value(tag, plugin string, content []byte, tensor message) message {
	data := message(nil).text(1, plugin)
	if content != nil {
		data = data.bytes(2, content)
	}
	return message(nil).text(1, tag).bytes(9, message(nil).bytes(1, data)).bytes(8, tensor)
}

package tensorboard

import (
	"cmp"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"flowsweep/export/tracked"
)

// The tags by which TensorBoard's hparams plugin finds the columns of its table, and the start and the end of each session.
const (
	columnsTag = "_hparams_/experiment"
	startTag   = "_hparams_/session_start_info"
	endTag     = "_hparams_/session_end_info"
)

// How a session ended, as the plugin has it.
const (
	unknown = 0
	success = 1
	failure = 2
)

// The types of columns of the plugin.
const (
	textColumn   = 1
	boolColumn   = 2
	numberColumn = 3
)

// summary returns the columns of the table, for the folder of a sweep.
func (t table) summary(name string, at time.Time) message {
	experiment := message(nil).text(6, name).double(3, seconds(at))
	for _, c := range t.columns {
		experiment = experiment.bytes(4, c.summary())
	}
	for _, tag := range t.tags {
		experiment = experiment.bytes(5, message(nil).bytes(1, message(nil).text(2, tag)))
	}
	return hparams(columnsTag, 2, experiment)
}

// summary returns a column with its values, so that TensorBoard can select rows by them.
func (c column) summary() message {
	var domain message
	for _, v := range c.inOrder() {
		domain = domain.bytes(1, c.plain(v))
	}
	return message(nil).text(1, c.name).varint(4, c.kind).bytes(5, domain).varint(7, 1) // the last: it differs, so it is shown at once
}

// inOrder returns the values of a column, numbers sorted.
func (c column) inOrder() []any {
	values := slices.Clone(c.values)
	if c.kind == numberColumn {
		slices.SortFunc(values, func(a, b any) int { return cmp.Compare(number(a), number(b)) })
	}
	return values
}

// start returns the start of a session with the swept fields of its setting. Sessions of the same group are one row.
func (t table) start(group string, at time.Time, s tracked.Setting) message {
	session := message(nil)
	for _, p := range s.Varied {
		session = session.bytes(1, message(nil).text(1, p.Name).bytes(2, t.column(p.Name).plain(p.Value)))
	}
	return hparams(startTag, 3, session.text(4, group).double(5, seconds(at)))
}

// end returns the end of a session.
func end(status uint64, at time.Time) message {
	return hparams(endTag, 4, message(nil).varint(1, status).double(2, seconds(at)))
}

// hparams returns what the plugin calls a summary: a tensor without values, whose content is all there is to it.
func hparams(tag string, kind protowire.Number, data message) message {
	empty := message(nil).varint(1, floatType).bytes(2, shape(0))
	return value(tag, "hparams", message(nil).bytes(kind, data), empty)
}

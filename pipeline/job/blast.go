package job

import (
	"fmt"

	"flowsweep/experiments/flow"
)

// blast finds out whether a training explodes. Such a training ends at once: a step of it costs as much as any other, and what it ends
// with is of no use.
//
// A training explodes at the step whose loss is not finite, or more than blastFactor times that of the start. For batches of at least
// blastPairs pairs the start is the loss of the first step, before any is taken. The losses of smaller ones scatter, and may be small
// by chance: they are averaged over blocks of steps that have as many pairs, the first of which is the start. A training that goes on
// from a checkpoint that knows no start, of a version that had none, starts with the first block after it.
type blast struct {
	block int     // steps
	start float64 // mean loss of the first block; 0 while it is not known
	sum   float64
	count int // steps in sum: those of the open block
}

const (
	blastFactor = 1000
	blastPairs  = 64
)

func newBlast(batch int) blast { return blast{block: (blastPairs + batch - 1) / batch} }

// check takes the loss of a step, and returns what it is if the training explodes; otherwise "". Blocks begin after multiples of their
// steps, so that those of a training that is interrupted are the same.
func (b *blast) check(step int, loss float64) string {
	if !flow.Finite(loss) {
		return fmt.Sprintf("%g", loss)
	}
	b.sum += loss
	b.count++
	if step%b.block > 0 {
		return ""
	}
	mean, whole := b.sum/float64(b.count), b.count == b.block
	b.sum, b.count = 0, 0
	switch {
	case !whole: // training went on within the block
	case b.start == 0:
		b.start = mean
	case mean > blastFactor*b.start:
		return fmt.Sprintf("%.3g, more than 1,000 times the %.3g of its start,", mean, b.start)
	}
	return ""
}

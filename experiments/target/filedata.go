package target

import (
	"errors"
	"math"
	"slices"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
)

// block is what is learnt of some of the columns of a file.
type block struct {
	coders    []kinds.Coder // none if all columns of the file are real
	units     flow.Units    // of the coordinates, but for pixels
	low, high float64       // of the codes
	spans     []string      // of the columns
	cautions  []string
	names     []string // of the coordinates that cautions are of, with their standard deviations, and whether they are constant
	sd        []float64
	flat      []bool
}

// makeFromFile is Make for rows in a file. All that is learnt of them is learnt of a column on its own, or of the range of all pixels, so that
// it is the same as in memory. The target has no law.
func (d Data) makeFromFile() (Target, error) {
	drawn, held, err := d.split()
	if err == nil {
		err = d.checkShape()
	}
	if err != nil {
		return Target{}, err
	}
	var sum string
	var sumErr error
	done := make(chan struct{})
	go func() {
		defer close(done)
		sum, sumErr = d.InFile.sum()
	}()
	code, units, blocks, err := d.learnBlocks(drawn)
	<-done
	if err := errors.Join(err, sumErr); err != nil {
		return Target{}, err
	}
	file := &fileRows{columns: *d.InFile, code: code, units: units}
	first, second := halves(len(held))
	at := func(rows []int) Rows {
		list := make([]int, len(rows))
		for i, k := range rows {
			list[i] = held[k]
		}
		return Rows{file: file, at: list}
	}
	t := Target{
		Name: FileName, Params: dataset{d, sum}, Shape: []int{file.dim()}, Draw: file.draw(drawn, d.Noise), Atoms: d.Noise == 0,
		Rows: Rows{file: file, at: drawn}, Held: at(first), Fresh: at(second), Noise: d.Noise, Units: units, Code: code, Columns: d.Columns,
	}
	if d.Shape != nil {
		t.Shape = d.Shape
	}
	for _, b := range blocks {
		t.spans, t.Cautions = append(t.spans, b.spans...), append(t.Cautions, b.cautions...)
	}
	t.Cautions = append(t.Cautions, d.blockCautions(blocks)...)
	t.Cautions = append(t.Cautions, d.coarse(code, units)...)
	t.blur()
	return t, nil
}

// learnBlocks returns the code and the units of all columns, from the drawn rows, and what is learnt of some at a time.
func (d Data) learnBlocks(drawn []int) (code kinds.Code, units flow.Units, list []block, err error) {
	byColumn := make([]*block, len(d.Columns))
	err = d.InFile.eachBlock(func(from int, rows flow.Batch) error {
		b, err := d.learnBlock(from, rows.Take(flow.Batch{}, drawn))
		byColumn[from] = &b
		return err
	})
	if err != nil {
		return code, units, nil, err
	}
	low, high := math.Inf(1), math.Inf(-1)
	var coders []kinds.Coder
	for _, b := range byColumn {
		if b == nil {
			continue
		}
		list, coders = append(list, *b), append(coders, b.coders...)
		low, high = min(low, b.low), max(high, b.high)
		units.Scale, units.Shift, units.Curves = append(units.Scale, b.units.Scale...), append(units.Shift, b.units.Shift...), append(units.Curves, b.units.Curves...)
	}
	if coders != nil {
		code = kinds.NewCode(coders)
	}
	if err := d.checkCode(code); err != nil {
		return code, units, nil, err
	}
	if d.pixels() {
		units, err = unitsOfPixels(low, high, len(d.Columns))
	}
	return code, units, list, err
}

// learnBlock learns what it can of the columns from one on, given their drawn rows.
func (d Data) learnBlock(from int, drawn flow.Batch) (b block, err error) {
	part := Data{Columns: d.Columns[from : from+drawn.Dim], Standardise: d.Standardise, Shape: d.Shape}
	if d.Kinds != nil {
		part.Kinds = d.Kinds[from : from+drawn.Dim]
	}
	if err := part.check(drawn); err != nil {
		return b, err
	}
	var code kinds.Code
	if d.Kinds != nil {
		b.coders = kinds.LearnColumns(part.Columns, part.Kinds, drawn)
		code = kinds.NewCode(b.coders)
	}
	codes := code.Encode(drawn)
	b.low, b.high = math.Inf(1), math.Inf(-1)
	for _, v := range codes.Data {
		b.low, b.high = min(b.low, v), max(b.high, v)
	}
	if d.Standardise.units != nil && !d.pixels() && codes.Dim > 0 {
		if b.units, err = part.scaled(code, codes); err != nil {
			return b, err
		}
	}
	shown := b.coders
	if shown == nil {
		shown = kinds.LearnColumns(part.Columns, part.kindsOrReal(), drawn)
	}
	for _, c := range shown {
		b.spans = append(b.spans, c.Span())
	}
	if names, seen := part.judged(code, codes); len(names) > 0 {
		b.cautions = part.outliers(names, seen)
		_, b.sd = seen.Moments()
		for j := range names {
			b.flat = append(b.flat, constant(seen, j))
		}
		b.names = slices.Clone(names)
	}
	return b, nil
}

// blockCautions returns the cautions that compare columns of different blocks.
func (d Data) blockCautions(blocks []block) (list []string) {
	if d.Standardise.units != nil {
		return nil
	}
	var all block
	for _, b := range blocks {
		all.names, all.sd, all.flat = append(all.names, b.names...), append(all.sd, b.sd...), append(all.flat, b.flat...)
	}
	for _, c := range scaleCautions(all.names, all.sd, all.flat) {
		list = append(list, c+scaleAdvice)
	}
	return list
}

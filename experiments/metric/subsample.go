package metric

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"math"
	"slices"

	"flowsweep/experiments/flow"
)

// Shuffled returns the points in a random order that depends on their coordinates alone, never on the order they come in:
// by increasing hash of the coordinates and, for points that repeat, of a count. Its first points are a random
// subsample, also of a sorted file, and every function of the result is independent of the order of x. A point that two
// samples share has the same hash in both, so the first points of a sample and of a copy of it are the same points;
// those of independent samples without common points are independent.
func Shuffled(x flow.Batch) flow.Batch {
	order := make([]int, x.Len())
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return slices.Compare(x.Row(a), x.Row(b)) })
	hashes := make([]uint64, x.Len())
	repeats := uint64(0)
	for k, i := range order {
		if k > 0 && slices.Compare(x.Row(order[k-1]), x.Row(i)) == 0 {
			repeats++
		} else {
			repeats = 0
		}
		hashes[i] = hashOf(x.Row(i), repeats)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(hashes[a], hashes[b]) })
	return x.Take(flow.Batch{}, order)
}

func hashOf(point []float64, repeats uint64) uint64 {
	h := fnv.New64a()
	var word [8]byte
	for _, v := range point {
		binary.LittleEndian.PutUint64(word[:], math.Float64bits(v+0)) // -0 is 0
		h.Write(word[:])
	}
	// The hash only seeds a generator, since that of similar numbers has similar leading bits.
	return flow.NewStream(h.Sum64(), "subsample").At(repeats).Uint64()
}

// subsample returns n of the points, chosen by Shuffled, or all as they are.
func subsample(x flow.Batch, n int) flow.Batch {
	if n >= x.Len() {
		return x
	}
	return Shuffled(x).Slice(0, n)
}

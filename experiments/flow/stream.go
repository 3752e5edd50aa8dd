package flow

import (
	"hash/fnv"
	"math/rand/v2"
)

// Stream is a named source of seeded randomness, indexed by id. Its output for an id depends only on (seed, name, id),
// so a sample does not depend on its neighbours, the batch size, the number of workers or the engine.
//
// A Stream must not be used from several goroutines at once; creating another one is cheap.
type Stream struct {
	key  uint64
	pcg  *rand.PCG
	rand *rand.Rand
}

// NewStream returns the stream with the given seed and name, for example (3, "noise").
func NewStream(seed uint64, name string) *Stream {
	h := fnv.New64a()
	h.Write([]byte(name))
	pcg := rand.NewPCG(0, 0)
	return &Stream{key: mix(mix(seed) ^ h.Sum64()), pcg: pcg, rand: rand.New(pcg)}
}

// At returns the generator of one id in its initial state. It is valid until the next call of At.
func (s *Stream) At(id uint64) *rand.Rand {
	k := mix(s.key ^ mix(id))
	s.pcg.Seed(k, mix(k))
	return s.rand
}

// Normal fills dst with standard normal numbers. Row i is drawn from id first + i.
func (s *Stream) Normal(dst Batch, first uint64) {
	for i := range dst.Len() {
		r := s.At(first + uint64(i))
		for j := range dst.Row(i) {
			dst.Data[i*dst.Dim+j] = r.NormFloat64()
		}
	}
}

// Uniform fills dst with numbers in [0, 1). Number i is drawn from id first + i.
func (s *Stream) Uniform(dst []float64, first uint64) {
	for i := range dst {
		dst[i] = s.At(first + uint64(i)).Float64()
	}
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators"):
// a bijection in which every input bit flips about half of the output bits.
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

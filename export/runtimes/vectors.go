package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// tensor is an input or output. Its points are along the axis before the last.
type tensor struct {
	Dims []int     `json:"dims"`
	Data []float32 `json:"data"`
}

// matrix returns the tensor of rows.
func matrix(rows [][]float32) tensor {
	return tensor{[]int{len(rows), len(rows[0])}, slices.Concat(rows...)}
}

// points returns the tensor of points, whose numbers stand in rows, if they have a shape of more than one axis.
func (v vectors) points(rows [][]float32) tensor {
	if v.Shape == nil {
		return matrix(rows)
	}
	return tensor{append([]int{len(rows)}, v.Shape...), slices.Concat(rows...)}
}

// stack returns the tensor of matrices of one size.
func stack(layers [][][]float32) tensor {
	all := tensor{Dims: []int{len(layers), len(layers[0]), len(layers[0][0])}}
	for _, rows := range layers {
		all.Data = append(all.Data, slices.Concat(rows...)...)
	}
	return all
}

// vectors is the part of vectors.json that is tried.
type vectors struct {
	Shape     []int // of points; nil for rows
	T, X, V   [][]float32
	Tolerance float64
	Sampler   samplerVectors
}

type samplerVectors struct {
	Noise, Samples [][]float32
	StepNoise      [][][]float32 `json:"step_noise"`
	Tolerance      float64
	Unit           []float64
}

// inputs returns the inputs of the sampler.
func (v vectors) inputs() map[string]tensor {
	inputs := map[string]tensor{"noise": v.points(v.Sampler.Noise)}
	if v.Sampler.StepNoise != nil {
		inputs["step_noise"] = stack(v.Sampler.StepNoise)
	}
	return inputs
}

func readVectors(path string) (v vectors, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return v, err
	}
	if err := json.Unmarshal(text, &v); err != nil {
		return v, fmt.Errorf("read the test vectors: %w", err)
	}
	return v, nil
}

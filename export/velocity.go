// Package export writes trained velocity nets as ONNX files for other runtimes, and verifies them in onnxruntime.
//
//	file, err := export.Velocity(net, weights, about)
//	check, err := export.Verify(file, export.Points(net.Dim, 4096, 0), model.Velocity)
package export

import "flowsweep/experiments/velocity"

// Velocity returns the net as an ONNX file: t[batch,1], x[batch,d] -> v[batch,d], opset 17, weights as named
// initializers.
func Velocity(n velocity.Net, weights []float32, about About) ([]byte, error) {
	m, err := n.Record(weights)
	if err != nil {
		return nil, err
	}
	m.Name = "velocity"
	m.Inputs[0].Doc = "time of each point, from 0 (noise) to 1 (data)"
	m.Inputs[1].Doc = "points; standard normal at t = 0"
	m.Outputs[0].Doc = "velocity dx/dt of each point"
	describe(&m, n, about, map[string]string{"prediction": "velocity"})
	return seal(m)
}

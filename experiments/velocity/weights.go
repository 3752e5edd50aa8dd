package velocity

import "fmt"

// EncodeWeights returns the weights in the safetensors format, which Python reads by name. Equal weights give equal bytes.
func EncodeWeights(n Net, weights []float32) ([]byte, error) {
	if err := n.checkWeights(weights); err != nil {
		return nil, err
	}
	file, err := encodeTensors(n.Params(), nil, littleEndian(weights))
	if err != nil {
		return nil, fmt.Errorf("encode weights: %w", err)
	}
	return file, nil
}

// DecodeWeights returns the weights of the net from the bytes of EncodeWeights, or an error where they are of another
// net or damaged.
func DecodeWeights(n Net, file []byte) ([]float32, error) {
	tensors, err := openTensors(file)
	if err != nil {
		return nil, fmt.Errorf("decode weights: %w", err)
	}
	var weights []float32
	for _, p := range n.Params() {
		numbers, err := tensors.read(p)
		if err != nil {
			return nil, fmt.Errorf("decode weights: %w", err)
		}
		weights = append(weights, numbers...)
	}
	return weights, nil
}

// checkWeights returns an error unless the weights are those of a net.
func (n Net) checkWeights(weights []float32) error {
	if err := n.Check(); err != nil {
		return err
	}
	if len(weights) != n.Size() {
		return fmt.Errorf("the net has %d weights, got %d", n.Size(), len(weights))
	}
	return nil
}

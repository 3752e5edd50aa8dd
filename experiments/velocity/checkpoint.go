package velocity

import (
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"strconv"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/net"
)

// A checkpoint is a safetensors file of the optimiser's state. Its metadata name the training and the number of steps. It
// holds no random state: batches are drawn by step.

// checkpointFormat is raised when the meaning of a state changes.
const checkpointFormat = "flowsweep checkpoint 1"

// identity describes what must be the same for a training to resume. The number of steps counts only if the learning rate
// depends on it; otherwise a training may be extended.
func (tr Training) identity(n net.Net, seed uint64) map[string]string {
	id := map[string]string{
		"format":    checkpointFormat,
		"net":       n.String(),
		"optimizer": fmt.Sprintf("%+v", tr.Optimizer),
		"batch":     strconv.Itoa(tr.Batch),
		"seed":      strconv.FormatUint(seed, 10),
	}
	if tr.Optimizer.EMA > 0 {
		id["optimizer"] += ", averaging with warm-up" // the average of earlier checkpoints had a constant decay
	}
	if tr.Optimizer.Cosine {
		id["schedule"] = fmt.Sprintf("a cosine over %d steps", tr.Steps)
	}
	return id
}

// encode returns the checkpoint of the state after that many steps.
func (tr Training) encode(n net.Net, seed uint64, step int, state []engine.Tensor) ([]byte, error) {
	var params []net.Param
	var numbers [][]float32
	for i, in := range tr.Optimizer.state(n.Size()) {
		params, numbers = append(params, net.Param{Name: in.Name, Dims: in.Dims}), append(numbers, state[i].Data)
	}
	metadata := tr.identity(n, seed)
	metadata["step"] = strconv.Itoa(step)
	metadata["crc32"] = checksum(metadata["step"], numbers...)
	return encodeTensors(params, metadata, numbers...)
}

// decode returns the step and state of a checkpoint. It is an error if the checkpoint is damaged or of another training.
func (tr Training) decode(n net.Net, seed uint64, checkpoint []byte) (step int, state []engine.Tensor, err error) {
	file, err := openTensors(checkpoint)
	if err != nil {
		return 0, nil, err
	}
	want := tr.identity(n, seed)
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if have := file.metadata[key]; have != want[key] {
			return 0, nil, fmt.Errorf("it is of another training: its %s is %q, not %q", key, have, want[key])
		}
	}
	at := file.metadata["step"]
	if checksumOf(crc32.Update(crc32.ChecksumIEEE([]byte(at)), crc32.IEEETable, file.data)) != file.metadata["crc32"] {
		return 0, nil, errors.New("its checksum is wrong: the file is damaged")
	}
	if step, err = strconv.Atoi(at); err != nil || step < 0 || step > tr.Steps {
		return 0, nil, fmt.Errorf("it is of step %s of a training of %d", at, tr.Steps)
	}
	for _, in := range tr.Optimizer.state(n.Size()) {
		numbers, err := file.read(net.Param{Name: in.Name, Dims: in.Dims})
		if err != nil {
			return 0, nil, err
		}
		state = append(state, engine.Tensor{Dims: in.Dims, Data: numbers})
	}
	return step, state, nil
}

// checksum covers what the other checks do not. It is that of the bytes of the numbers, taken piece by piece.
func checksum(step string, lists ...[]float32) string {
	sum := crc32.ChecksumIEEE([]byte(step))
	piece := make([]byte, 0, 4<<14)
	for _, numbers := range lists {
		for part := range slices.Chunk(numbers, 1<<14) {
			piece = appendNumbers(piece[:0], part)
			sum = crc32.Update(sum, crc32.IEEETable, piece)
		}
	}
	return checksumOf(sum)
}

func checksumOf(sum uint32) string { return fmt.Sprintf("%08x", sum) }

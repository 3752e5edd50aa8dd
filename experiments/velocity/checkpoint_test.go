package velocity

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
)

var tinyNet = net.Spec{Architecture: net.MLP, Width: 8, Depth: 1, Activation: net.SiLU}.On(2)

// bits returns numbers so that equal means equal to the bit.
func bits(weights []float32) string { return string(appendNumbers(nil, weights)) }

// trained returns the weights and the losses of a training.
func trained(t *testing.T, e engine.Engine, n net.Net, tr Training) (weights []float32, losses map[int]float64) {
	t.Helper()
	losses = map[int]float64{}
	weights, err := Train(context.Background(), e, n, tr, 3, flow.CondOT, gaussianPairs(3, 2), func(step int, loss float64) error {
		losses[step] = loss
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return weights, losses
}

// TestTrainingGoesOn: from any checkpoint, the rest of the losses and the weights are, to the bit, those of the training
// that was not interrupted.
func TestTrainingGoesOn(t *testing.T) {
	t.Parallel()
	for _, o := range []Optimizer{
		{Rate: 3e-2},
		{Rate: 3e-2, Decay: .1},
		{Rate: 3e-2, EMA: .9},
		{Rate: 3e-2, Cosine: true},
		{Rate: 3e-2, Clip: .5},
		{Rate: 3e-2, Decay: .1, Cosine: true, Clip: .5, EMA: .9},
	} {
		for _, e := range []engine.Engine{engine.Go, engine.ONNXRuntime} {
			checkpoints := map[int][]byte{}
			plain := Training{Steps: 24, Batch: 12, Optimizer: o}
			saving := plain
			saving.Every, saving.Save = 5, func(step int, checkpoint []byte) error {
				checkpoints[step] = checkpoint
				return nil
			}
			want, losses := trained(t, e, tinyNet, plain)
			if got, _ := trained(t, e, tinyNet, saving); bits(got) != bits(want) {
				t.Errorf("%+v in %s: with checkpoints the weights are others", o, e.Name)
			}
			if len(checkpoints) != 4 {
				t.Fatalf("%d checkpoints of 24 steps, one every 5", len(checkpoints))
			}
			for step, checkpoint := range checkpoints {
				rest := plain
				rest.From, rest.Ahead = checkpoint, step == 10
				got, after := trained(t, e, tinyNet, rest)
				if bits(got) != bits(want) {
					t.Errorf("%+v in %s: from step %d the weights are others", o, e.Name, step)
				}
				if len(after) != plain.Steps-step || after[step+1] != losses[step+1] || after[24] != losses[24] {
					t.Errorf("%+v in %s: from step %d the losses are %v, want the last of %v", o, e.Name, step, after, losses)
				}
			}
		}
	}
}

// TestTrainingGoesOnWhereItWasInterrupted ends the context at random steps, again and again.
func TestTrainingGoesOnWhereItWasInterrupted(t *testing.T) {
	t.Parallel()
	plain := Training{Steps: 40, Batch: 6, Optimizer: Optimizer{Rate: 1e-2, Cosine: true, EMA: .5}}
	for _, e := range []engine.Engine{engine.Go, engine.ONNXRuntime} {
		for _, ahead := range []bool{false, true} {
			want, _ := trained(t, e, tinyNet, plain)
			random := flow.NewStream(7, "interruptions").At(0)
			tr, saved, interruptions := plain, 0, 0
			tr.Ahead = ahead
			tr.Save = func(step int, checkpoint []byte) error {
				tr.From, saved = checkpoint, step
				return nil
			}
			for {
				ctx, cancel := context.WithCancel(context.Background())
				stop := saved + 1 + random.IntN(15)
				got, err := Train(ctx, e, tinyNet, tr, 3, flow.CondOT, gaussianPairs(3, 2), func(step int, _ float64) error {
					if step == stop {
						cancel()
					}
					return nil
				})
				cancel()
				if err == nil {
					if bits(got) != bits(want) || interruptions < 3 {
						t.Errorf("%s: after %d interruptions the weights are %v, want %v", e.Name, interruptions, got, want)
					}
					break
				}
				if !errors.Is(err, context.Canceled) || saved != stop {
					t.Fatalf("%s: stopped at step %d, saved %d: %v", e.Name, stop, saved, err)
				}
				interruptions++
			}
		}
	}
}

// checkpointAt returns a checkpoint of tinyNet.
func checkpointAt(tb testing.TB, step int, tr Training) (checkpoint []byte) {
	tb.Helper()
	tr.Every, tr.Save = step, func(at int, c []byte) error {
		if at == step {
			checkpoint = c
		}
		return nil
	}
	_, err := Train(context.Background(), engine.Go, tinyNet, tr, 3, flow.CondOT, gaussianPairs(3, 2), func(int, float64) error { return nil })
	if err != nil {
		tb.Fatal(err)
	}
	return checkpoint
}

// TestTrainingIsProlonged: without a schedule, 20 steps and 10 more are 30.
func TestTrainingIsProlonged(t *testing.T) {
	t.Parallel()
	long := Training{Steps: 30, Batch: 6, Optimizer: Optimizer{Rate: 1e-2}}
	want, _ := trained(t, engine.Go, tinyNet, long)
	short := long
	short.Steps = 20
	long.From = checkpointAt(t, 20, short)
	if got, _ := trained(t, engine.Go, tinyNet, long); bits(got) != bits(want) {
		t.Error("20 steps and 10 more are not 30")
	}
	done, _ := trained(t, engine.Go, tinyNet, short)
	short.From = long.From
	if got, losses := trained(t, engine.Go, tinyNet, short); bits(got) != bits(done) || len(losses) != 0 {
		t.Errorf("from its last step, a training takes %d more", len(losses))
	}
}

func TestCheckpointsOfOthersAreErrors(t *testing.T) {
	t.Parallel()
	made := Training{Steps: 10, Batch: 4, Optimizer: Optimizer{Rate: 1e-2, Cosine: true}}
	checkpoint := checkpointAt(t, 5, made)
	damaged := slices.Clone(checkpoint)
	damaged[len(damaged)-1] ^= 1
	for _, c := range []struct {
		name   string
		change func(tr *Training, n *net.Net, seed *uint64)
		want   string
	}{
		{"itself", func(*Training, *net.Net, *uint64) {}, ""},
		{"net", func(_ *Training, n *net.Net, _ *uint64) { n.Width = 9 }, `its net is "mlp, dimension 2, width 8,`},
		{"given", func(_ *Training, n *net.Net, _ *uint64) { n.Given = 3 }, `its net is "mlp, dimension 2, width 8, depth 1, silu", not "mlp, dimension 2, given 3, width 8,`},
		{"activation", func(_ *Training, n *net.Net, _ *uint64) { n.Activation = net.Tanh }, "its net is"},
		{"optimizer", func(tr *Training, _ *net.Net, _ *uint64) { tr.Optimizer.EMA = .9 }, "its optimizer is"},
		{"batch", func(tr *Training, _ *net.Net, _ *uint64) { tr.Batch = 5 }, `its batch is "4", not "5"`},
		{"seed", func(_ *Training, _ *net.Net, seed *uint64) { *seed = 4 }, `its seed is "3", not "4"`},
		{"length", func(tr *Training, _ *net.Net, _ *uint64) { tr.Steps = 11 }, "its schedule is"},
		{"step", func(tr *Training, _ *net.Net, _ *uint64) {
			tr.From = bytes.Replace(checkpoint, []byte(`"step":"5"`), []byte(`"step":"6"`), 1)
		}, "damaged"},
		{"damaged", func(tr *Training, _ *net.Net, _ *uint64) { tr.From = damaged }, "damaged"},
		{"short", func(tr *Training, _ *net.Net, _ *uint64) { tr.From = checkpoint[:len(checkpoint)-4] }, "damaged"},
		{"empty", func(tr *Training, _ *net.Net, _ *uint64) { tr.From = []byte{} }, "no safetensors file"},
		{"weights", func(tr *Training, _ *net.Net, _ *uint64) { tr.From, _ = EncodeWeights(tinyNet, Init(tinyNet, 1)) }, "its batch is"},
	} {
		tr, n, seed := made, tinyNet, uint64(3)
		tr.From = checkpoint
		c.change(&tr, &n, &seed)
		_, err := Train(context.Background(), engine.Go, n, tr, seed, flow.CondOT, gaussianPairs(3, 2), func(int, float64) error { return nil })
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
		if of := (*CheckpointError)(nil); err != nil && !errors.As(err, &of) {
			t.Errorf("%s: %v does not say that the checkpoint is at fault", c.name, err)
		}
	}
	short := Training{Steps: 10, Batch: 4, Optimizer: Optimizer{Rate: 1e-2}}
	short.From = checkpointAt(t, 8, short)
	short.Steps = 7
	if _, err := Train(context.Background(), engine.Go, tinyNet, short, 3, flow.CondOT, gaussianPairs(3, 2), nil); err == nil || !strings.Contains(err.Error(), "step 8 of a training of 7") {
		t.Errorf("error %v from a checkpoint past the end", err)
	}
}

func TestCheckpointThatCannotBeSavedEndsTraining(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	tr := Training{Steps: 10, Batch: 4, Optimizer: Optimizer{Rate: 1e-2}, Every: 4, Save: func(int, []byte) error { return full }}
	last := 0
	_, err := Train(context.Background(), engine.Go, tinyNet, tr, 3, flow.CondOT, gaussianPairs(3, 2), func(step int, _ float64) error {
		last = step
		return nil
	})
	if !errors.Is(err, full) || last != 4 {
		t.Errorf("error %v after step %d, want that of the save at step 4", err, last)
	}
}

// TestCheckpointsThatAreNotDueAreNotMade: Due is asked at each step that Every allows, and at no other.
func TestCheckpointsThatAreNotDueAreNotMade(t *testing.T) {
	t.Parallel()
	var asked, saved []int
	tr := Training{
		Steps: 20, Batch: 4, Optimizer: Optimizer{Rate: 1e-2}, Every: 4,
		Due:  func(step int) bool { asked = append(asked, step); return step%3 == 0 },
		Save: func(step int, _ []byte) error { saved = append(saved, step); return nil },
	}
	trained(t, engine.Go, tinyNet, tr)
	if fmt.Sprint(asked, saved) != "[4 8 12 16 20] [12]" {
		t.Errorf("asked at %v, saved at %v, want 4 8 12 16 20 and 12", asked, saved)
	}
}

// TestWhatEndsTrainingIsSavedOnce: the step at which the context ends, and nothing where training ends for another reason.
func TestWhatEndsTrainingIsSavedOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		ends    int
		context bool
		want    string
	}{
		{"between", 6, true, "[4 6]"},
		{"at a checkpoint", 8, true, "[4 8]"},
		{"by an error", 6, false, "[4]"},
	} {
		var saved []int
		tr := Training{Steps: 20, Batch: 4, Optimizer: Optimizer{Rate: 1e-2}, Every: 4, Save: func(step int, _ []byte) error {
			saved = append(saved, step)
			return nil
		}}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		_, err := Train(ctx, engine.Go, tinyNet, tr, 3, flow.CondOT, gaussianPairs(3, 2), func(step int, _ float64) error {
			if step == c.ends && !c.context {
				return errors.New("enough")
			}
			if step == c.ends {
				cancel()
			}
			return nil
		})
		if err == nil || fmt.Sprint(saved) != c.want {
			t.Errorf("%s: saved %v, want %s; %v", c.name, saved, c.want, err)
		}
	}
}

// FuzzCheckpoint: whatever the bytes are, decoding gives an error or a state of the right sizes. The checksum is put right,
// so that what lies behind it is reached.
func FuzzCheckpoint(f *testing.F) {
	tr := Training{Steps: 10, Batch: 4, Optimizer: Optimizer{Rate: 1e-2}}
	good := checkpointAt(f, 5, tr)
	f.Add(good)
	f.Add(good[:30])
	f.Add(good[:len(good)-4])
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff{}"))
	f.Add(bytes.Replace(good, []byte(`"step":"5"`), []byte(`"step":"x"`), 1))
	f.Add(bytes.Replace(good, []byte(`"step":"5"`), []byte(`"step":-1 `), 1))
	f.Add(bytes.Replace(good, []byte("[0,"), []byte("[9,"), 1))
	f.Add(bytes.Replace(good, []byte("F32"), []byte("F64"), 1))
	f.Fuzz(func(t *testing.T, file []byte) {
		if tensors, err := openTensors(file); err == nil && tensors.metadata["crc32"] != "" {
			right := checksumOf(crc32.ChecksumIEEE(slices.Concat([]byte(tensors.metadata["step"]), tensors.data)))
			file = bytes.Replace(file, []byte(tensors.metadata["crc32"]), []byte(right), 1)
		}
		step, state, err := tr.decode(tinyNet, 3, file)
		if err != nil {
			return
		}
		if step < 0 || step > tr.Steps || len(state) != 4 || len(state[0].Data) != tinyNet.Size() || len(state[3].Data) != 1 {
			t.Errorf("step %d with a state of %d tensors", step, len(state))
		}
	})
}

func ExampleTraining() {
	n := net.Spec{Architecture: net.MLP, Width: 8, Depth: 1, Activation: net.SiLU}.On(2)
	quiet := func(int, float64) error { return nil }
	var last []byte
	tr := Training{Steps: 20, Batch: 16, Optimizer: Optimizer{Rate: 1e-2}, Every: 8, Save: func(step int, checkpoint []byte) error {
		fmt.Println("saved after step", step)
		last = checkpoint
		return nil
	}}
	whole, _ := Train(context.Background(), engine.Go, n, tr, 0, flow.CondOT, gaussianPairs(0, 1), quiet)
	tr.From = last
	rest, _ := Train(context.Background(), engine.Go, n, tr, 0, flow.CondOT, gaussianPairs(0, 1), quiet)
	fmt.Println("the same weights:", slices.Equal(whole, rest))
	// Output:
	// saved after step 8
	// saved after step 16
	// the same weights: true
}

// BenchmarkSave is what a checkpoint costs, beside a step.
func BenchmarkSave(b *testing.B) {
	for _, every := range []int{0, 10} {
		b.Run(fmt.Sprintf("every %d", every), func(b *testing.B) {
			tr := guideTraining(b.N)
			tr.Every, tr.Save = every, func(int, []byte) error { return nil }
			_, err := Train(context.Background(), engine.ONNXRuntime, guideNet, tr, 1, flow.CondOT, gaussianPairs(1, 1), func(int, float64) error { return nil })
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}

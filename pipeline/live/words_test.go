package live

import (
	"fmt"
	"testing"
	"time"
)

func TestSentence(t *testing.T) {
	t.Parallel()
	training := Status{
		At: noon, Activity: "training 2 nets", Steps: 12_000, StepsTotal: 60_000, StepSeconds: .0005, RunSeconds: .1, Runs: 0, RunsTotal: 20,
		Fits: []Fit{{Step: 100, Steps: 1000, Rate: 1000}, {Step: 100, Steps: 1000, Rate: 834}, {Step: 1000, Steps: 1000, Rate: 7}},
	}
	sampling := training
	sampling.Activity, sampling.Steps, sampling.Runs = "sampling", 60_000, 12
	began := training
	began.Steps, began.StepSeconds, began.Fits = 0, 0, []Fit{{Steps: 9}}
	for want, s := range map[string]Status{
		"training 2 nets: 12,000 of 60,000 steps, 1,830 steps/s, about 26 s left": training,
		"sampling: 12 of 20 runs, about 1 s left":                                 sampling,
		"training 2 nets: 0 of 60,000 steps":                                      began,
		"preparing":                                                               {Activity: "preparing"},
		"measuring samples of the truth (3 of 12)":                                {Activity: "measuring samples of the truth (3 of 12)", Steps: 9, StepsTotal: 9, Runs: 2, RunsTotal: 2},
	} {
		if got := s.Sentence(noon); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[float64]string{
		0: "0 s", .4: "0 s", 59.4: "59 s", 59.6: "1 min", 185: "3 min 5 s", 3599.9: "1 h", 7800: "2 h 10 min", 90061: "1 d 1 h", 86400: "1 d",
	} {
		if got := Duration(time.Duration(seconds * float64(time.Second))); got != want {
			t.Errorf("%g s: %q, want %q", seconds, got, want)
		}
	}
}

func ExampleRate() {
	for _, r := range []float64{.1234, 3.456, 25.6, 999.6, 1834.5, 123456} {
		fmt.Println(Rate(r))
	}
	// Output:
	// 0.123 steps/s
	// 3.46 steps/s
	// 26 steps/s
	// 1,000 steps/s
	// 1,830 steps/s
	// 123,000 steps/s
}

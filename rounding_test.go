package main

import (
	"os/exec"
	"regexp"
	"runtime"
	"testing"
)

// TestRoundingOfAnotherProcessor checks that a processor that cannot multiply and add at once has another rounding.
func TestRoundingOfAnotherProcessor(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("emulating a processor takes seconds")
	}
	emulator, err := exec.LookPath("qemu-x86_64")
	if err != nil || runtime.GOARCH != "amd64" {
		t.Skip("it needs qemu-x86_64, of the package qemu-user, and a program for amd64")
	}
	program, err := exec.LookPath("flowsweep")
	if err != nil {
		t.Fatal(err)
	}
	rounding := func(name string, args ...string) string {
		cmd := exec.Command(name, args...)
		cmd.Dir = t.TempDir()
		text, err := cmd.Output()
		found := regexp.MustCompile(`(?m)^rounding +([0-9a-f]{16}) \(onnxruntime\)$`).FindSubmatch(text)
		if err != nil || found == nil {
			t.Fatalf("%s %v: %v, and no rounding in\n%s", name, args, err, text)
		}
		return string(found[1])
	}
	if here, there := rounding(program, "doctor"), rounding(emulator, "-cpu", "SandyBridge", program, "doctor"); here == there {
		t.Errorf("a Sandy Bridge has the rounding of this machine, %s", here)
	}
}

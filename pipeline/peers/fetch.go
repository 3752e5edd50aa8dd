package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"golang.org/x/sys/cpu"
)

// source is the folder of this program, from the root of the module, where it is run.
const source = "pipeline/peers"

// fetch makes a virtual environment with the packages of requirements.txt, whose hashes pip checks, unless it is complete, and
// returns its interpreter and what was required.
func fetch(folder string) (interpreter, packages string, err error) {
	requirements := filepath.Join(source, "requirements.txt")
	text, err := os.ReadFile(requirements)
	if err != nil {
		return "", "", fmt.Errorf("%w: run peers in the root of the module", err)
	}
	at := filepath.Join(folder, "venv")
	interpreter = filepath.Join(at, "bin", "python")
	if runtime.GOOS == "windows" {
		interpreter = filepath.Join(at, "Scripts", "python.exe")
	}
	complete, sum := filepath.Join(at, ".complete"), fmt.Appendf(nil, "%x", sha256.Sum256(text))
	if had, err := os.ReadFile(complete); err == nil && bytes.Equal(had, sum) {
		return interpreter, string(text), nil
	}
	fmt.Fprintln(os.Stderr, "peers: fetching PyTorch and JAX into", at)
	if err := call("python3", "-m", "venv", "--clear", at); err != nil {
		return "", "", err
	}
	if err := call(interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:",
		"--require-hashes", "--requirement", requirements); err != nil {
		return "", "", err
	}
	return interpreter, string(text), os.WriteFile(complete, sum, 0o644)
}

// pinned returns the version of a package in requirements.txt.
func pinned(requirements, name string) string {
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + `==([^\s;\\]+)`).FindStringSubmatch(requirements)
	if found == nil {
		return ""
	}
	return found[1]
}

// call runs a program and shows its output.
func call(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", filepath.Base(name), strings.Join(args, " "), err)
	}
	return nil
}

// vectors names the widest vectors of the processor, which bound how fast products are.
func vectors() string {
	switch {
	case cpu.X86.HasAVX512F:
		return "AVX-512"
	case cpu.X86.HasAVX2:
		return "AVX2"
	case cpu.ARM64.HasASIMD:
		return "NEON"
	default:
		return runtime.GOARCH
	}
}

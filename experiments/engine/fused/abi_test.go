package fused_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestInterface compiles the places and the size that abi.h declares against the header of onnxruntime_go.
func TestInterface(t *testing.T) {
	t.Parallel()
	compiler := goTool(t, "env", "CC")
	if _, err := exec.LookPath(strings.Fields(compiler)[0]); err != nil {
		t.Skip("there is no C compiler")
	}
	abi, err := os.ReadFile("abi.h")
	if err != nil {
		t.Fatal(err)
	}
	places := regexp.MustCompile(`AT_(\w+) = (\d+),`).FindAllStringSubmatch(string(abi), -1)
	if len(places) < 10 {
		t.Fatalf("abi.h declares %d places", len(places))
	}
	var c strings.Builder
	fmt.Fprintln(&c, "#include <stddef.h>\n#include \"onnxruntime_c_api.h\"")
	for _, p := range places {
		fmt.Fprintf(&c, "_Static_assert(offsetof(OrtApi, %s) == %s * sizeof(void *), \"%s\");\n", p[1], p[2], p[1])
	}
	body := regexp.MustCompile(`(?s)typedef struct OrtCustomOp \{(.*?)\} OrtCustomOp;`).FindStringSubmatch(string(abi))[1]
	fields := regexp.MustCompile(`\*(\w+)\)\(`).FindAllStringSubmatch(body, -1)
	for i, f := range fields {
		fmt.Fprintf(&c, "_Static_assert(offsetof(OrtCustomOp, %s) == %d * sizeof(void *), \"%s\");\n", f[1], i+1, f[1])
	}
	fmt.Fprintf(&c, "_Static_assert(sizeof(OrtCustomOp) == %d * sizeof(void *), \"size\");\n", len(fields)+1)
	file := filepath.Join(t.TempDir(), "abi.c")
	if err := os.WriteFile(file, []byte(c.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	args := append(strings.Fields(compiler)[1:], "-std=c11", "-fsyntax-only", "-I", goTool(t, "list", "-m", "-f", "{{.Dir}}", "github.com/yalue/onnxruntime_go"), file)
	if out, err := exec.Command(strings.Fields(compiler)[0], args...).CombinedOutput(); err != nil {
		t.Errorf("abi.h is not the interface of onnxruntime: %v\n%s", err, out)
	}
}

func goTool(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("go", args...).Output()
	if err != nil {
		t.Fatalf("go %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

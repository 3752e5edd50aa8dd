package ort

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// fakeModule returns a download function for a module that contains a small file in place of the library.
func fakeModule(t *testing.T, platform, content string) func(string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	pin := pins[platform]
	path := filepath.Join(dir, filepath.FromSlash(pin.file))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o444); err != nil {
		t.Fatal(err)
	}
	return func(string) (string, error) { return dir, nil }
}

func offline(string) (string, error) { return "", errors.New("dial tcp: no network") }

func TestFindLibraryUsesTheVariable(t *testing.T) {
	t.Parallel()
	named := filepath.Join(t.TempDir(), "mine.so")
	if err := os.WriteFile(named, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	lib, err := findLibrary(named, t.TempDir(), "plan9/386", offline)
	sum := sha256.Sum256([]byte("mine"))
	if err != nil || lib.Path != named || lib.From != LibraryVariable || lib.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("found %+v, %v", lib, err)
	}
	if _, err := findLibrary(named+".gone", t.TempDir(), "linux/amd64", offline); err == nil || !strings.Contains(err.Error(), LibraryVariable) {
		t.Errorf("a missing file: error %v", err)
	}
}

func TestFindLibraryChecksTheSum(t *testing.T) {
	t.Parallel()
	_, err := findLibrary("", t.TempDir(), "linux/amd64", fakeModule(t, "linux/amd64", "tampered with"))
	if err == nil || !strings.Contains(err.Error(), "sha256") {
		t.Errorf("a library with another sha256: error %v", err)
	}
}

func TestFindLibraryErrorsSayWhatToDo(t *testing.T) {
	t.Parallel()
	_, err := findLibrary("", t.TempDir(), "linux/amd64", offline)
	for _, want := range []string{"no network", "connect to the network once", LibraryVariable} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("offline: error %v, want %q in it", err, want)
		}
	}
	_, err = findLibrary("", t.TempDir(), "plan9/386", offline)
	for _, want := range []string{"plan9/386", LibraryVariable} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("unsupported platform: error %v, want %q in it", err, want)
		}
	}
}

// TestFindLibraryCaches finds the real library in the module and then, offline, in the cache. It must not use a damaged cache.
func TestFindLibraryCaches(t *testing.T) {
	t.Parallel()
	platform := runtime.GOOS + "/" + runtime.GOARCH
	if _, ok := pins[platform]; !ok {
		t.Skipf("no library is included for %s", platform)
	}
	cache := t.TempDir()
	first, err := findLibrary("", cache, platform, downloadModule)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(first.From, "Go module") || !strings.HasPrefix(first.Path, cache) {
		t.Errorf("first found %+v, want the module's library in the cache", first)
	}
	second, err := findLibrary("", cache, platform, offline)
	if err != nil || second.From != "user cache" || second.SHA256 != pins[platform].sha256 {
		t.Errorf("then found %+v, %v, want the library from the cache", second, err)
	}
	if err := os.WriteFile(second.Path, []byte("damaged"), 0o755); err != nil {
		t.Fatal(err)
	}
	if lib, err := findLibrary("", cache, platform, offline); err == nil {
		t.Errorf("a damaged cache gives %+v", lib)
	}
	if lib, err := findLibrary("", cache, platform, downloadModule); err != nil || lib.SHA256 != pins[platform].sha256 {
		t.Errorf("a damaged cache is not repaired: %+v, %v", lib, err)
	}
}

// TestFindLibraryWithoutACache checks that a cache that cannot be written is reported, and is not an error.
func TestFindLibraryWithoutACache(t *testing.T) {
	t.Parallel()
	platform := runtime.GOOS + "/" + runtime.GOARCH
	if _, ok := pins[platform]; !ok {
		t.Skipf("no library is included for %s", platform)
	}
	cache := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(cache, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	lib, err := findLibrary("", cache, platform, downloadModule)
	if err != nil || strings.HasPrefix(lib.Path, cache) || !strings.Contains(lib.Note, "not cached") {
		t.Errorf("found %+v, %v, want the module's own file and a note", lib, err)
	}
}

// TestPinsMatchGoMod compares the versions in this package with those in go.mod.
func TestPinsMatchGoMod(t *testing.T) {
	t.Parallel()
	mod, err := os.ReadFile("../../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for platform, pin := range pins {
		m := regexp.MustCompile(regexp.QuoteMeta(pin.module) + ` (v\S+)`).FindSubmatch(mod)
		if m == nil || string(m[1]) != moduleVersion {
			t.Errorf("%s: go.mod has %s at %q, want %s", platform, pin.module, m, moduleVersion)
		}
	}
}

func TestLoadedIsThePinnedVersion(t *testing.T) {
	t.Parallel()
	r, err := LoadRuntime()
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv(LibraryVariable) == "" && r.Version != libraryVersion {
		t.Errorf("onnxruntime reports version %s, want %s", r.Version, libraryVersion)
	}
}

// TestReceive checks that a library from elsewhere is put where FindLibrary looks, once, and only if it is the pinned one.
func TestReceive(t *testing.T) {
	platform := runtime.GOOS + "/" + runtime.GOARCH
	lib, err := FindLibrary()
	if err != nil {
		t.Fatal(err)
	}
	if lib.SHA256 != pins[platform].sha256 {
		t.Skipf("onnxruntime here is %s, which is not the pinned one", lib.Path)
	}
	home := t.TempDir()
	for name, value := range map[string]string{"HOME": home, "XDG_CACHE_HOME": filepath.Join(home, "cache"), "LocalAppData": home, LibraryVariable: ""} {
		t.Setenv(name, value)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	got := 0
	from := func(content string) func(string) error {
		return func(path string) error {
			got++
			if content != "" {
				return os.WriteFile(path, []byte(content), 0o644)
			}
			return copyFile(path, lib.Path)
		}
	}
	if err := Receive("of another library", from("")); err != nil || got != 0 {
		t.Errorf("another library: %v, and it was got %d times", err, got)
	}
	if err := Receive(lib.SHA256, from("not a library")); err == nil || !strings.Contains(err.Error(), "has sha256") {
		t.Errorf("other bytes: %v", err)
	}
	if found, err := findLibrary("", cache, platform, offline); err == nil {
		t.Errorf("other bytes are kept: %+v", found)
	}
	for range 2 {
		if err := Receive(lib.SHA256, from("")); err != nil {
			t.Fatal(err)
		}
	}
	if found, err := findLibrary("", cache, platform, offline); err != nil || found.SHA256 != lib.SHA256 || got != 2 {
		t.Errorf("found %+v (%v), and it was got %d times, want twice", found, err, got)
	}
}

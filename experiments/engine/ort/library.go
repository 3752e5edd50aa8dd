package ort

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"flowsweep/experiments/disk"
)

// LibraryVariable names the environment variable that holds the path of the user's own onnxruntime shared library.
const LibraryVariable = "ONNXRUNTIME_SHARED_LIBRARY_PATH"

// libraryVersion is the version of onnxruntime in the pinned modules, and moduleVersion that of the modules. A test checks
// that go.mod has the same one.
const (
	libraryVersion = "1.28.2"
	moduleVersion  = "v1.13.8"
)

// Library is an onnxruntime shared library on this machine.
type Library struct {
	Path   string `json:"path"`
	From   string `json:"from"` // the environment variable, the user's cache or a Go module
	SHA256 string `json:"sha256"`
	Note   string `json:"note,omitempty"` // why it could not be cached, or empty
}

// pinned is a shared library in a Go module: the module, the path in it, and the file's sha256.
type pinned struct{ module, file, sha256 string }

// pins maps GOOS/GOARCH to the library for that platform.
var pins = map[string]pinned{
	"linux/amd64": {
		"github.com/k2-fsa/sherpa-onnx-go-linux", "lib/x86_64-unknown-linux-gnu/libonnxruntime.so",
		"4b3607aebd1784b26b6f9b20e4bd974c7ab8287043e4d095cb7d2cb40b5e566e",
	},
	"linux/arm64": {
		"github.com/k2-fsa/sherpa-onnx-go-linux", "lib/aarch64-unknown-linux-gnu/libonnxruntime.so",
		"cfc800d4438f15e8d9017521326776ca7117d8783cb847ccccc2fc61ac4d540f",
	},
	"darwin/amd64": {
		"github.com/k2-fsa/sherpa-onnx-go-macos", "lib/x86_64-apple-darwin/libonnxruntime.dylib",
		"2bf27180c09e6fd3f407c9ab25205ebf1ff95f2d53bfa35e35409b5849e0ac70",
	},
	"darwin/arm64": {
		"github.com/k2-fsa/sherpa-onnx-go-macos", "lib/aarch64-apple-darwin/libonnxruntime.dylib",
		"b0613d0ae53199a83b05fa48e169211498e9d40d54beaa372068ebe5ec5b0929",
	},
	"windows/amd64": {
		"github.com/k2-fsa/sherpa-onnx-go-windows", "lib/x86_64-pc-windows-gnu/onnxruntime.dll",
		"7f66f939a881baf4f46a2216496798edf4a1429878b646d12674aa62f27d8a25",
	},
	"windows/arm64": {
		"github.com/k2-fsa/sherpa-onnx-go-windows", "lib/aarch64-pc-windows-gnu/onnxruntime.dll",
		"968d081836cad9af537105f59e34d4997bca2ce6d78ff39d3e47660620e8a642",
	},
}

// FindLibrary returns the onnxruntime shared library: the one that LibraryVariable names, or else the one in the user's
// cache, or else the one in the pinned Go module, which it downloads, checks against its sha256 and caches.
func FindLibrary() (Library, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = filepath.Join(os.TempDir(), "flowsweep-cache")
	}
	return findLibrary(os.Getenv(LibraryVariable), cache, runtime.GOOS+"/"+runtime.GOARCH, downloadModule)
}

func findLibrary(named, cache, platform string, download func(module string) (dir string, err error)) (Library, error) {
	if named != "" {
		sum, err := fileSHA256(named)
		if err != nil {
			return Library{}, fmt.Errorf("%s names no readable file: %w: set it to the path of an onnxruntime shared library, or unset it",
				LibraryVariable, err)
		}
		return Library{Path: named, From: LibraryVariable, SHA256: sum}, nil
	}
	pin, ok := pins[platform]
	if !ok {
		return Library{}, fmt.Errorf("no onnxruntime is included for %s: set %s to the path of an onnxruntime %s shared library",
			platform, LibraryVariable, libraryVersion)
	}
	cached := cachedPath(cache, pin)
	if sum, err := fileSHA256(cached); err == nil && sum == pin.sha256 {
		return Library{Path: cached, From: "user cache", SHA256: sum}, nil
	}
	dir, err := download(pin.module + "@" + moduleVersion)
	if err != nil {
		advice := "connect to the network once"
		if errors.Is(err, exec.ErrNotFound) {
			advice = "install Go"
		}
		return Library{}, fmt.Errorf("get onnxruntime %s from the Go module %s@%s: %w: %s, or set %s to the path of an onnxruntime "+
			"shared library", libraryVersion, pin.module, moduleVersion, err, advice, LibraryVariable)
	}
	path := filepath.Join(dir, filepath.FromSlash(pin.file))
	if err := checkSHA256(path, pin.sha256); err != nil {
		return Library{}, err
	}
	lib := Library{Path: path, From: "Go module " + pin.module + "@" + moduleVersion, SHA256: pin.sha256}
	if err := copyFile(cached, path); err != nil {
		lib.Note = fmt.Sprintf("not cached: %v: make the cache writable to start faster", err)
		return lib, nil
	}
	lib.Path = cached
	return lib, nil
}

// Receive puts the pinned onnxruntime library into the user's cache where FindLibrary would have to download it. get writes it to a
// path. It does nothing if the library with this sha256 is not the pinned one.
func Receive(sum string, get func(path string) error) error {
	platform := runtime.GOOS + "/" + runtime.GOARCH
	pin, ok := pins[platform]
	if !ok || pin.sha256 != sum {
		return nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil // FindLibrary says so
	}
	offline := func(string) (string, error) { return "", errors.New("not here") }
	if _, err := findLibrary(os.Getenv(LibraryVariable), cache, platform, offline); err == nil {
		return nil
	}
	path := cachedPath(cache, pin)
	partial := path + ".received"
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	defer os.Remove(partial)
	if err := get(partial); err != nil {
		return err
	}
	if err := checkSHA256(partial, pin.sha256); err != nil {
		return err
	}
	return copyFile(path, partial)
}

// cachedPath returns where a pinned library is in the user's cache.
func cachedPath(cache string, pin pinned) string {
	return filepath.Join(cache, "flowsweep", "onnxruntime-"+libraryVersion+"-"+pin.sha256[:8], filepath.Base(pin.file))
}

// downloadModule returns the folder of a module, path@version, in the module cache. It downloads the module if needed.
func downloadModule(module string) (dir string, err error) {
	cmd := exec.Command("go", "mod", "download", "-json", module)
	cmd.Dir = os.TempDir() // outside of any module, so that no go.mod applies
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "GO111MODULE=on")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, runErr := cmd.Output()
	var reply struct{ Dir, Error string }
	if err := json.Unmarshal(out, &reply); err == nil && reply.Error != "" {
		return "", errors.New(reply.Error)
	}
	if runErr != nil {
		return "", fmt.Errorf("go mod download: %w: %s", runErr, strings.TrimSpace(stderr.String()))
	}
	return reply.Dir, nil
}

func checkSHA256(path, want string) error {
	sum, err := fileSHA256(path)
	if err != nil {
		return fmt.Errorf("check the onnxruntime library: %w", err)
	}
	if sum != want {
		return fmt.Errorf("the onnxruntime library %s has sha256 %s, not %s: delete it and try again", path, sum, want)
	}
	return nil
}

func fileSHA256(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// copyFile copies src to dst and makes its folder. If it fails, dst is unchanged.
func copyFile(dst, src string) error {
	data, err := os.ReadFile(src)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dst), 0o755); err != nil {
		return err
	}
	return disk.WriteFile(dst, data, 0o755)
}

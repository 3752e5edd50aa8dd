package disk_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"flowsweep/experiments/disk"
)

// holdVariable names the environment variable with a folder in which the test binary holds a Partial, until stdin ends.
const holdVariable = "DISK_TEST_HOLD"

func TestMain(m *testing.M) {
	folder := os.Getenv(holdVariable)
	if folder == "" {
		os.Exit(m.Run())
	}
	p, err := disk.NewPartial(folder)
	if err == nil {
		err = os.WriteFile(p.Path("content"), []byte("half"), 0o644)
	}
	if err == nil {
		var tree string
		if tree, err = p.Tree(); err == nil {
			err = os.Mkdir(filepath.Join(tree, "inner"), 0o755)
		}
	}
	fmt.Println("writing", err)
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	if err := p.Close(); err != nil {
		fmt.Println(err)
	}
}

// hold starts a process that holds a Partial in the folder. stop kills it, or lets it end by itself.
func hold(t *testing.T, folder string) (stop func(kill bool)) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), holdVariable+"="+folder)
	stdin, err := cmd.StdinPipe()
	must(t, err)
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	if line, _ := bufio.NewReader(stdout).ReadString('\n'); line != "writing <nil>\n" {
		t.Fatalf("the process said %q", line)
	}
	return func(kill bool) {
		t.Helper()
		if kill {
			must(t, cmd.Process.Kill())
		}
		must(t, stdin.Close())
		if err := cmd.Wait(); (err != nil) != kill {
			t.Error(err)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// list returns the paths of all files and folders in the folder, with slashes.
func list(t *testing.T, folder string) (paths []string) {
	t.Helper()
	must(t, filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		if path != folder {
			paths = append(paths, filepath.ToSlash(strings.TrimPrefix(path, folder+string(filepath.Separator))))
		}
		return err
	}))
	return paths
}

// TestDeadAndLiving checks that what a killed process left is removed by the next writer in the folder, and what a living one
// writes is not.
func TestDeadAndLiving(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "a.txt")
	dies, lives := hold(t, folder), hold(t, folder)
	must(t, disk.WriteFile(path, []byte("whole"), 0o644))
	if got := list(t, folder); len(got) != 11 { // two folders with two files and two folders each, and a.txt
		t.Errorf("while both live: %q", got)
	}
	dies(true)
	if got := list(t, folder); len(got) != 11 {
		t.Errorf("after a death: %q", got)
	}
	must(t, disk.WriteFile(path, []byte("whole"), 0o644))
	if got := list(t, folder); len(got) != 6 {
		t.Errorf("while one lives: %q", got)
	}
	lives(false)
	if got := list(t, folder); !slices.Equal(got, []string{"a.txt"}) {
		t.Errorf("in the end: %q", got)
	}
}

// TestOnlyOurs checks that nothing is removed whose name or kind is not exactly that of a dead Partial, or that holds more.
func TestOnlyOurs(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	const ours = ".flowsweep-partial-00112233445566778899aabbccddeeff"
	must(t, os.WriteFile(filepath.Join(folder, ours[:len(ours)-1]+"e"), nil, 0o644)) // a file
	var dirs []string
	for _, name := range []string{ours + "0", ours[:len(ours)-1], ".partial-1", ".flowsweep-partial-", "x" + ours, strings.ToUpper(ours)} {
		dirs = append(dirs, name, name+"/lock")
	}
	foreign := ours[:len(ours)-1] + "d" // without a lock, but with a file
	dirs = append(dirs, foreign, foreign+"/mine.txt")
	inner := ours[:len(ours)-1] + "c" // dead, but somebody put a folder into it
	dirs = append(dirs, inner, inner+"/lock", inner+"/mine", inner+"/mine/lock")
	for i, name := range dirs {
		if last := i+1 == len(dirs) || !strings.HasPrefix(dirs[i+1], name+"/"); last {
			must(t, os.WriteFile(filepath.Join(folder, name), nil, 0o644))
		} else if !strings.HasSuffix(name, "/lock") {
			must(t, os.Mkdir(filepath.Join(folder, name), 0o755))
		}
	}
	before := list(t, folder)
	disk.RemoveDead(folder)
	if got := list(t, folder); !slices.Equal(got, before) {
		t.Errorf("left: %q, want %q", got, before)
	}
	// Two that are dead: one with a lock, one whose process died before it made one.
	must(t, os.Mkdir(filepath.Join(folder, ours), 0o755))
	must(t, os.WriteFile(filepath.Join(folder, ours, "lock"), nil, 0o644))
	must(t, os.WriteFile(filepath.Join(folder, ours, "copy.db-journal"), nil, 0o644))
	must(t, os.Mkdir(filepath.Join(folder, ours[:len(ours)-1]+"b"), 0o755))
	disk.RemoveDead(folder)
	if got := list(t, folder); !slices.Equal(got, before) {
		t.Errorf("of the dead: %q, want %q", got, before)
	}
}

// TestWritersTogether checks that writers and cleaners in one folder do not disturb each other.
func TestWritersTogether(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			for k := range 50 {
				if err := disk.WriteFile(filepath.Join(folder, fmt.Sprint(i%3)), fmt.Append(nil, i, k), 0o600); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if got := list(t, folder); !slices.Equal(got, []string{"0", "1", "2"}) {
		t.Errorf("left: %q", got)
	}
	info, err := os.Stat(filepath.Join(folder, "0"))
	must(t, err)
	if info.Mode().Perm()&0o077 != 0 {
		t.Errorf("mode %v, want that asked for", info.Mode())
	}
}

// TestWriteFileFails checks that a failed write leaves the old file and nothing else.
func TestWriteFileFails(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(folder, "a", "full"), 0o755))
	if err := disk.WriteFile(filepath.Join(folder, "a"), []byte("x"), 0o644); err == nil || !strings.Contains(err.Error(), "write ") {
		t.Errorf("onto a folder: got %v", err)
	}
	if err := disk.WriteFile(filepath.Join(folder, "gone", "a"), nil, 0o644); err == nil {
		t.Error("into no folder: got no error")
	}
	if got := list(t, folder); !slices.Equal(got, []string{"a", "a/full"}) {
		t.Errorf("left: %q", got)
	}
}

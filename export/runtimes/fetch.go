package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// timeout is how long a program may run, and fetching how long a package may take to be fetched and built.
const timeout, fetching = 3 * time.Minute, 40 * time.Minute

// fetchWheels installs packages from PyPI into a folder of their own, unless they are installed, and returns the folder.
func fetchWheels(folder string, wheels ...string) (string, error) {
	at := filepath.Join(folder, wheels[0])
	return at, once(at, append([]string{
		"python3", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore",
		"--only-binary=:all:", "--target", at,
	}, wheels...)...)
}

// packageName returns the name of a package without its version.
func packageName(pack string) string {
	name, _, _ := strings.Cut(pack, "@")
	return name
}

// fetchNPM installs a package from npm, with the scripts that use it, and returns the folder. Install scripts, which may
// download, do not run.
func fetchNPM(folder, pack string) (string, error) {
	at := filepath.Join(folder, "npm", packageName(pack))
	if _, absent := exec.LookPath("node"); absent != nil {
		return at, errors.New("node is not installed")
	}
	if err := os.MkdirAll(at, 0o755); err != nil {
		return at, err
	}
	for _, name := range []string{"probe.mjs", "node.mjs", "page.html"} {
		text, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(filepath.Join(at, name), text, 0o644)
		}
		if err != nil {
			return at, err
		}
	}
	return at, once(filepath.Join(at, "node_modules"), "npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", at, pack)
}

// fetchMaven copies a package from Maven Central, and returns the folder.
func fetchMaven(folder, artifact string) (string, error) {
	at := filepath.Join(folder, "maven")
	for _, name := range []string{"java", "mvn"} {
		if _, absent := exec.LookPath(name); absent != nil {
			return at, errors.New(name + " is not installed")
		}
	}
	return at, once(at, "mvn", "--batch-mode", "--quiet", "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy",
		"-Dartifact="+artifact, "-DoutputDirectory="+at)
}

// buildRust builds the Rust program in a folder of the module.
func buildRust(folder, program string) error {
	at, err := fetchWheels(folder, protoc)
	if err != nil {
		return err
	}
	_, err = limited(fetching, "", []string{
		"env", "PROTOC=" + filepath.Join(at, "protoc", "data", "bin", "protoc"),
		"cargo", "build", "--release", "--locked", "--quiet", "--jobs=1", "--manifest-path", filepath.Join(program, "Cargo.toml"),
		"--target-dir", filepath.Join(folder, "cargo"),
	})
	return err
}

// once runs a command that makes a folder, unless the folder is complete.
func once(folder string, command ...string) error {
	done := filepath.Join(folder, ".complete")
	if _, err := os.Stat(done); err == nil {
		return nil
	}
	if _, err := limited(fetching, "", command); err != nil {
		return err
	}
	return os.WriteFile(done, nil, 0o644)
}

// probed runs a program that prints a result as its last line.
func probed(command []string) (r result) {
	out, err := output("", command)
	if err != nil {
		return result{Error: err.Error()}
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	if err := json.Unmarshal(lines[len(lines)-1], &r); err != nil {
		return result{Error: fmt.Sprintf("unexpected output %q", lines[len(lines)-1])}
	}
	return r
}

// output runs a command in a folder and returns its output.
func output(folder string, command []string) ([]byte, error) {
	return limited(timeout, folder, command)
}

// telling matches the line of stderr that says what went wrong, where it is not the last: that of a panic in Rust, of rustc and
// cargo, of Maven, and of an error in JavaScript that nothing catches.
var telling = regexp.MustCompile(`(?m)^(?:\s*thread '.*' panicked at .*:\n|error(?:\[\w+\])?: |\[ERROR\] |(?:Uncaught )?\w*Error: )(.*)$`)

// limited runs a command in a folder for no longer than the limit and returns its output. The error of a failure contains the
// line of stderr that tells what went wrong, or else the last.
func limited(limit time.Duration, folder string, command []string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.WaitDelay = time.Second // for what the program started itself
	var stderr bytes.Buffer
	cmd.Dir, cmd.Stderr = folder, &stderr
	out, err := cmd.Output()
	switch {
	case ctx.Err() != nil:
		err = fmt.Errorf("it took longer than %v", limit)
	case err != nil:
		text := strings.TrimSpace(stderr.String())
		line := text[strings.LastIndex(text, "\n")+1:]
		if found := telling.FindStringSubmatch(text); found != nil {
			line = found[1]
		}
		err = fmt.Errorf("%w: %s", err, line)
	}
	return out, err
}

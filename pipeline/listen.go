package pipeline

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"flowsweep/experiments"
	"flowsweep/experiments/disk"
	"flowsweep/experiments/engine/ort"
	"flowsweep/pipeline/command"
	"flowsweep/pipeline/crew"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/sweep"
)

// listenFlags say how other machines do the fits of a sweep.
type listenFlags struct {
	listen      string
	tokenFile   string
	addressFile string
	tls         string // auto, on or off
	check       string
	mixed       bool
	silence     time.Duration
	copies      time.Duration
}

func (f *listenFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.listen, "listen", "", "let other machines do the fits: the `address` where `flowsweep work` finds this one, such as 127.0.0.1:4222 or :4222,\n"+
		"or nats://HOST:PORT[/NAME] of a NATS server with JetStream")
	flags.StringVar(&f.tokenFile, "token-file", "", "with --listen: the `file` with the word that workers must know; it is made if it is missing\n(default: token, in the folder <db>.crew)")
	flags.StringVar(&f.addressFile, "address-file", "", "with --listen: write what workers need to a `file`, for `flowsweep work @FILE`")
	flags.StringVar(&f.tls, "tls", tlsAuto, "with --listen: --tls or --tls=no, to encrypt or not, with a certificate that workers know by its fingerprint\n(default: unless the address is of this machine alone)")
	flags.Lookup("tls").NoOptDefVal = "yes"
	flags.StringVar(&f.check, "check", "", "with --listen: the `share` of the fits that a second machine does again, to compare, such as 1%")
	flags.BoolVar(&f.mixed, "mixed", false, "with --listen: also take machines that round differently; each row says so")
	flags.DurationVar(&f.silence, "silence", time.Minute, "with --listen: the `time` after which the fits of a machine that is silent go to others")
	flags.DurationVar(&f.copies, "copy-every", 30*time.Second, "with --listen: the `time` between the checkpoints that other machines send")
}

// tlsAuto is the value of --tls that depends on the address.
const tlsAuto = "auto"

// checkListen checks the flags. Those for --listen need it.
func (f *listenFlags) checkListen(flags *pflag.FlagSet) error {
	if f.listen == "" {
		for _, name := range []string{"token-file", "address-file", "tls", "check", "mixed", "silence", "copy-every"} {
			if flags.Changed(name) {
				return command.Usage(fmt.Errorf("--%s is for other machines: give --listen ADDRESS too, or leave it out", name))
			}
		}
		return nil
	}
	for _, name := range []string{"workers", "part"} {
		if flags.Changed(name) {
			return command.Usage(fmt.Errorf("--%s is for fits that this machine does, and --listen gives them to others: leave one of them out", name))
		}
	}
	if f.silence < minSilence {
		return command.Usage(fmt.Errorf("--silence %v: use at least %v, as machines say only every sixth of it that they are there", f.silence, minSilence))
	}
	if f.copies <= 0 {
		return command.Usage(fmt.Errorf("--copy-every %v: must be positive", f.copies))
	}
	if f.tls != tlsAuto && f.tls != "yes" && f.tls != "no" {
		return command.Usage(fmt.Errorf("--tls=%s: use yes or no", f.tls))
	}
	if f.tls != tlsAuto && strings.Contains(f.listen, "://") {
		return command.Usage(errors.New("--tls is for the port that this program listens at, and a NATS server has its own settings: leave --tls out"))
	}
	_, err := f.share()
	return err
}

// minSilence is the least time after which a machine counts as silent.
const minSilence = 600 * time.Millisecond

// share returns the share of --check.
func (f *listenFlags) share() (float64, error) {
	if f.check == "" {
		return 0, nil
	}
	text, percent := strings.CutSuffix(f.check, "%")
	x, err := strconv.ParseFloat(text, 64)
	if percent {
		x /= 100
	}
	if err != nil || !(x > 0 && x <= 1) {
		return 0, command.Usage(fmt.Errorf("--check %s: use a share of the fits, such as 1%% or 0.01", f.check))
	}
	return x, nil
}

// encrypts reports whether to use TLS. What stays on this machine needs none, and a NATS server has its own.
func (f *listenFlags) encrypts() bool {
	if f.tls != tlsAuto {
		return f.tls == "yes"
	}
	if strings.Contains(f.listen, "://") {
		return false
	}
	host, _, err := net.SplitHostPort(f.listen)
	if err != nil {
		return false // Listen says what is wrong
	}
	ip := net.ParseIP(host)
	return host != "localhost" && (ip == nil || !ip.IsLoopback())
}

// crewSuffix follows the name of a store in that of the folder for what other machines need.
const crewSuffix = ".crew"

// listen starts to listen for other machines, and says where. The caller closes the host.
func (a *app) listen(ctx context.Context, f listenFlags, s *sweep.Sweep) (host *crew.Host, err error) {
	folder := a.DB + crewSuffix
	_, missing := os.Stat(folder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, command.Usage(fmt.Errorf("make a folder for what other machines need: %w", err))
	}
	token, tokenFile, err := f.token(folder)
	if err != nil {
		return nil, err
	}
	s.Crew = &sweep.Crew{Silence: f.silence, Copies: f.copies, Mixed: f.mixed, Folder: folder}
	if s.Crew.Check, err = f.share(); err != nil {
		return nil, err
	}
	if missing == nil {
		s.Crew.Grace = grace
	}
	host, err = crew.Listen(ctx, crew.HostOptions{
		Listen: f.listen, Token: token, TLS: f.encrypts(), Folder: folder, AckWait: f.silence, Tries: 5, MaxFile: largestPart(s.Plan),
	})
	if err != nil {
		return nil, command.Usage(err)
	}
	s.Crew.Host, s.Crew.Over = host, func() error { return f.over(host) }
	if err = a.describe(ctx, s); err == nil {
		err = a.sayAddress(host, f, tokenFile)
	}
	if err != nil {
		return nil, errors.Join(err, host.Close())
	}
	return host, nil
}

// grace is the time that workers of an earlier host get to find this one.
const grace = 3 * time.Second

// describe says how this machine computes, which is how all must.
func (a *app) describe(ctx context.Context, s *sweep.Sweep) (err error) {
	if s.Rounding, err = job.Rounding(ctx, s.Engine); err != nil {
		return fmt.Errorf("find out how this machine rounds: %w", err)
	}
	if !strings.HasPrefix(s.Engine.Name, "onnxruntime") {
		return nil
	}
	library, err := ort.LoadRuntime()
	s.Crew.Library, s.Crew.LibraryPath = library.SHA256, library.Path
	return err
}

// largestPart returns the most bytes that a worker may send: twice the results of the largest fit, and some for its losses.
func largestPart(plan experiments.Plan) int64 {
	most := 0.
	for _, fit := range plan.Fits {
		weights, checkpoint, _ := job.Stored(fit.Recipe, 0)
		total := 2*weights + checkpoint // a teacher has as many
		for _, runs := range [][]experiments.Run{fit.Runs, fit.Dense} {
			for _, run := range runs {
				_, _, samples := job.Stored(fit.Recipe, run.Sampling.Count)
				total += samples + 1e5
			}
		}
		most = max(most, total)
	}
	return int64(2*most) + 64<<20
}

// token returns the word that workers must know, from its file, which is made if it is missing.
func (f *listenFlags) token(folder string) (token, path string, err error) {
	if path = f.tokenFile; path == "" {
		path = filepath.Join(folder, "token")
	}
	if token, err = readToken(path); !errors.Is(err, fs.ErrNotExist) {
		return token, path, err
	}
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	token = hex.EncodeToString(random[:])
	if err := disk.WriteFile(path, []byte(token+"\n"), 0o600); err != nil {
		return "", path, command.Usage(fmt.Errorf("make the file with the word that workers must know: %w", err))
	}
	return token, path, nil
}

// readToken reads the word of a token file.
func readToken(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", command.Usage(fmt.Errorf("read the file with the word that workers must know: %w", err))
	}
	token := strings.TrimSpace(string(text))
	if token == "" || strings.ContainsAny(token, " \t\n") {
		return "", command.Usage(fmt.Errorf("%s must hold one word, which host and workers share", path))
	}
	return token, nil
}

// sayAddress prints how workers find this machine, without the token, and writes the address file.
func (a *app) sayAddress(host *crew.Host, f listenFlags, tokenFile string) error {
	at := host.Address()
	if f.addressFile == "" {
		fmt.Fprintf(a.Stderr, "listening: start `flowsweep work '%s' --token-file %s` on other machines, with a copy of that file\n", at.Redacted(), tokenFile)
		return nil
	}
	if err := disk.WriteFile(f.addressFile, []byte(at.String()+"\n"), 0o600); err != nil {
		return command.Usage(fmt.Errorf("write the address file: %w", err))
	}
	fmt.Fprintf(a.Stderr, "listening at %s: start `flowsweep work @%s` on other machines\n", at.Redacted(), f.addressFile)
	return nil
}

// overText is what an address file holds once its sweep is over, for workers that come too late.
const overText = "over"

// over stops listening. Workers that come later need not wait for a host.
func (f listenFlags) over(host *crew.Host) error {
	err := host.Close()
	if f.addressFile != "" {
		err = errors.Join(err, disk.WriteFile(f.addressFile, []byte(overText+"\n"), 0o600))
	}
	return err
}

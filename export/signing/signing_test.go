package signing

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func read(t *testing.T, path string) (b bundle, s statement) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &b)
	}
	if err == nil {
		err = json.Unmarshal(b.Envelope.Payload, &s)
	}
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(s.Predicate.Serialization.Ignored)
	return b, s
}

// verifies reports whether the signature of a bundle is of this key.
func verifies(key Key, b bundle) bool {
	hash := key.hash.New()
	hash.Write(preAuthentication(b.Envelope.Payload))
	return ecdsa.VerifyASN1(&key.private.PublicKey, hash.Sum(nil), b.Envelope.Signatures[0].Signature)
}

// TestForm compares with testdata/m/model.sig, which model-signing 1.1.1 of PyPI made of the same files and key.
func TestForm(t *testing.T) {
	t.Parallel()
	key, err := ReadKey("testdata/key.pem")
	if err != nil {
		t.Fatal(err)
	}
	golden, want := read(t, "testdata/m/model.sig")
	if !verifies(key, golden) {
		t.Error("the signature of model-signing is not verified")
	}
	folder := filepath.Join(t.TempDir(), "m")
	if err := os.CopyFS(folder, os.DirFS("testdata/m")); err != nil {
		t.Fatal(err)
	}
	if err := key.Sign(folder); err != nil {
		t.Fatal(err)
	}
	made, got := read(t, filepath.Join(folder, FileName))
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the statement: got %+v, want %+v", got, want)
	}
	if !verifies(key, made) {
		t.Error("the own signature is not verified")
	}
	made.Envelope.Payload[9] ^= 1
	if verifies(key, made) {
		t.Error("a changed statement is verified")
	}
	made.Envelope, golden.Envelope = envelope{}, envelope{}
	if !reflect.DeepEqual(made, golden) {
		t.Errorf("the bundle: got %+v, want %+v", made, golden)
	}
}

// TestEveryFileIsSigned changes, adds and renames a file, and wants another statement each time.
func TestEveryFileIsSigned(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := statementOf(folder); err == nil || !strings.Contains(err.Error(), "no files") {
		t.Errorf("an empty folder: %v", err)
	}
	if err := os.MkdirAll(filepath.Join(folder, "moons"), 0o755); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	digest := func() string {
		s, err := statementOf(folder)
		if err != nil {
			t.Fatal(err)
		}
		return s.Subject[0].Digest["sha256"]
	}
	for _, change := range []func(){
		func() { write("a.onnx", "aaa") },
		func() { write("a.onnx", "aab") },
		func() { write("moons/b.onnx", "b") },
		func() { write(".hidden", "") },
	} {
		if change(); seen[digest()] {
			t.Error("a change does not show")
		}
		seen[digest()] = true
	}
	write(FileName, "an earlier signature")
	if !seen[digest()] {
		t.Error("the signature is signed")
	}
	if err := os.Symlink("a.onnx", filepath.Join(folder, "link")); err != nil {
		t.Skip(err)
	}
	if _, err := statementOf(folder); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a link: %v", err)
	}
}

func TestReadKey(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, c := range []struct {
		name  string
		curve elliptic.Curve
		want  string
	}{{"P-256", elliptic.P256(), ""}, {"P-384", elliptic.P384(), ""}, {"P-521", elliptic.P521(), ""}, {"P-224", elliptic.P224(), "P-256, P-384 and P-521"}} {
		private, err := ecdsa.GenerateKey(c.curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKCS8PrivateKey(private)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, c.name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadKey(path); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for path, want := range map[string]string{"testdata/pub.pem": `block "PUBLIC KEY"`, "testdata/m/a.txt": "no private key in PEM form", "none": "there is no file none"} {
		if _, err := ReadKey(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
	}
}

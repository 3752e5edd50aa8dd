// Package signing signs a folder of model files in the form of OpenSSF Model Signing, v1.0: a Sigstore bundle with a DSSE envelope
// around an in-toto statement, which lists the sha256 of each file.
//
//	key, err := signing.ReadKey("key.pem")
//	err = key.Sign("out/two-moons")
//
// PyPI's model-signing verifies it: model_signing verify key out/two-moons --signature out/two-moons/model.sig --public_key pub.pem.
package signing

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	_ "crypto/sha512" // for keys on the larger curves
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"flowsweep/experiments/disk"
)

// FileName is the name of the signature in the folder that is signed.
const FileName = "model.sig"

// The types of the form.
const (
	bundleType    = "application/vnd.dev.sigstore.bundle.v0.3+json"
	payloadType   = "application/vnd.in-toto+json"
	statementType = "https://in-toto.io/Statement/v1"
	predicateType = "https://model_signing/signature/v1.0"
)

// ignored are what the signature does not cover.
var ignored = []string{FileName, ".git", ".gitattributes", ".github", ".gitignore"}

// hashes are those that the form has for the curve of a key.
var hashes = map[elliptic.Curve]crypto.Hash{elliptic.P256(): crypto.SHA256, elliptic.P384(): crypto.SHA384, elliptic.P521(): crypto.SHA512}

// Key is a private key that signs.
type Key struct {
	private *ecdsa.PrivateKey
	hash    crypto.Hash
}

// ReadKey reads a private key on the curve P-256, P-384 or P-521 from a PEM file without a password.
func ReadKey(path string) (Key, error) {
	const make = "make one with `openssl ecparam -name prime256v1 -genkey -noout -out key.pem`"
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Key{}, fmt.Errorf("there is no file %s: give a private key in PEM form, or %s", path, make)
	} else if err != nil {
		return Key{}, err
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		var private any
		switch block.Type {
		case "EC PARAMETERS":
			continue
		case "EC PRIVATE KEY":
			private, err = x509.ParseECPrivateKey(block.Bytes)
		case "PRIVATE KEY":
			private, err = x509.ParsePKCS8PrivateKey(block.Bytes)
		default:
			err = fmt.Errorf("it holds a block %q", block.Type)
		}
		if err != nil {
			return Key{}, fmt.Errorf("read the key %s: %w: %s", path, err, make)
		}
		ec, ok := private.(*ecdsa.PrivateKey)
		if !ok || hashes[ec.Curve] == 0 {
			return Key{}, fmt.Errorf("the key %s is not one on the curves P-256, P-384 and P-521: %s", path, make)
		}
		return Key{ec, hashes[ec.Curve]}, nil
	}
	return Key{}, fmt.Errorf("%s is no private key in PEM form: %s", path, make)
}

// Sign signs all files in a folder, also those in folders inside it, and writes the signature beside them.
func (k Key) Sign(folder string) error {
	s, err := statementOf(folder)
	if err != nil {
		return fmt.Errorf("sign %s: %w", folder, err)
	}
	payload, err := json.Marshal(s)
	if err != nil {
		return err
	}
	hash := k.hash.New()
	hash.Write(preAuthentication(payload))
	signature, err := ecdsa.SignASN1(rand.Reader, k.private, hash.Sum(nil))
	if err != nil {
		return fmt.Errorf("sign %s: %w", folder, err)
	}
	hint, err := hintOf(&k.private.PublicKey)
	if err != nil {
		return err
	}
	b := bundle{MediaType: bundleType, Envelope: envelope{payload, payloadType, []signed{{signature, ""}}}}
	b.Material.PublicKey.Hint, b.Material.Entries = hint, []any{}
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return disk.WriteFile(filepath.Join(folder, FileName), append(text, '\n'), 0o644)
}

// preAuthentication returns what is signed of a payload: github.com/secure-systems-lab/dsse, protocol.md.
func preAuthentication(payload []byte) []byte {
	return append(fmt.Appendf(nil, "DSSEv1 %d %s %d ", len(payloadType), payloadType, len(payload)), payload...)
}

// hintOf tells public keys apart: the sha256 of their PEM form.
func hintOf(key *ecdsa.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "", err
	}
	return hexSum(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), nil
}

func hexSum(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// statementOf describes the files in a folder, by path. The subject's digest is that of theirs, one after the other.
func statementOf(folder string) (s statement, err error) {
	path, err := filepath.Abs(folder)
	if err != nil {
		return s, err
	}
	files, err := filesIn(path)
	if err != nil {
		return s, err
	}
	all := sha256.New()
	for _, name := range files {
		sum, err := sumOf(filepath.Join(path, filepath.FromSlash(name)))
		if err != nil {
			return s, err
		}
		all.Write(sum)
		s.Predicate.Resources = append(s.Predicate.Resources, resource{"sha256", hex.EncodeToString(sum), name})
	}
	s.Type, s.PredicateType = statementType, predicateType
	s.Subject = []subject{{filepath.Base(path), map[string]string{"sha256": hex.EncodeToString(all.Sum(nil))}}}
	s.Predicate.Serialization = serialization{"files", "sha256", false, ignored}
	return s, nil
}

// filesIn returns the paths of the files to sign, with slashes, in order.
func filesIn(folder string) (files []string, err error) {
	err = filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		switch {
		case slices.Contains(ignored, name) && e.IsDir():
			return fs.SkipDir
		case slices.Contains(ignored, name) || e.IsDir():
			return nil
		case !e.Type().IsRegular():
			return fmt.Errorf("%s is not a regular file, which a signature cannot cover: remove it", path)
		}
		files = append(files, filepath.ToSlash(name))
		return nil
	})
	slices.Sort(files)
	if err == nil && len(files) == 0 {
		err = errors.New("it holds no files")
	}
	return files, err
}

func sumOf(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	hash := sha256.New()
	_, err = io.Copy(hash, file)
	return hash.Sum(nil), err
}

package crew

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"flowsweep/experiments/disk"
)

// hostCertificate returns the certificate in the folder and its pin. It is made if there is none. It stays, so that the addresses
// that workers have remain right when the host is started again.
func hostCertificate(folder string) (tls.Certificate, string, error) {
	path := filepath.Join(folder, "tls.pem")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if text, err = newCertificate(); err == nil {
			err = disk.WriteFile(path, text, 0o600)
		}
	}
	if err != nil {
		return tls.Certificate{}, "", fmt.Errorf("the host's certificate: %w", err)
	}
	certificate, err := tls.X509KeyPair(text, text)
	if err != nil {
		return tls.Certificate{}, "", fmt.Errorf("the host's certificate %s: %w: remove the file, and another one will be made", path, err)
	}
	return certificate, pinOf(certificate.Certificate[0]), nil
}

// newCertificate makes a key and a certificate signed by it, as PEM. Only its pin counts, not its name or dates.
func newCertificate() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	name := pkix.Name{CommonName: "flowsweep"}
	from := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) // whatever the clocks of the machines
	template := x509.Certificate{
		SerialNumber: serial, Subject: name, Issuer: name, NotBefore: from, NotAfter: from.AddDate(100, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	leaf, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf})
	return append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...), nil
}

// pinOf returns the pin of a certificate: the sha256 of its DER form.
func pinOf(leaf []byte) string {
	sum := sha256.Sum256(leaf)
	return hex.EncodeToString(sum[:])
}

// pinned returns TLS settings for a client that accepts the one certificate of the pin, whatever names it has.
func pinned(pin string) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		InsecureSkipVerify: true, // VerifyConnection is stricter
		VerifyConnection: func(state tls.ConnectionState) error {
			switch {
			case pin == "":
				return errNoPin
			case len(state.PeerCertificates) == 0 || pinOf(state.PeerCertificates[0].Raw) != pin:
				return errWrongPin
			}
			return nil
		},
	}
}

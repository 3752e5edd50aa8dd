package crew

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// serverFolder is JetStream's own folder.
const serverFolder = "jetstream"

// startServer starts a NATS server in this process. pin is that of its certificate, or "" without TLS.
func startServer(o HostOptions, host string, port int) (s *server.Server, pin string, err error) {
	// The server itself would try again for ten seconds, in silence.
	listener, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, "", fmt.Errorf("listen at %s: the port is taken: end what listens there, or use another port (0 for any free one)", o.Listen)
	}
	if err != nil {
		return nil, "", fmt.Errorf("listen at %s: %w", o.Listen, err)
	}
	at := listener.Addr().(*net.TCPAddr)
	if host == "" {
		host = at.IP.String() // all addresses of IPv6 and IPv4, or of what this machine has of them
	}
	if err := listener.Close(); err != nil {
		return nil, "", err
	}
	jets := filepath.Join(o.Folder, serverFolder)
	if err := os.RemoveAll(jets); err != nil {
		return nil, "", fmt.Errorf("empty the folder of an earlier server: %w", err)
	}
	settings := serverOptions(o, host, at.Port, jets)
	if o.TLS {
		var certificate tls.Certificate
		if certificate, pin, err = hostCertificate(o.Folder); err != nil {
			return nil, "", err
		}
		settings.TLS = true
		settings.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13}
	}
	if s, err = server.NewServer(settings); err != nil {
		return nil, "", fmt.Errorf("start a server: %w", err)
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		s.Shutdown()
		return nil, "", fmt.Errorf("listen at %s: the server has not started: is the port taken, or %s not writable?", o.Listen, o.Folder)
	}
	return s, pin, nil
}

// serverOptions are those of a server that is a part of this process: it neither logs, as its log of a fatal error would end the
// process, nor handles signals.
func serverOptions(o HostOptions, host string, port int, folder string) *server.Options {
	return &server.Options{
		ServerName:    "flowsweep",
		Host:          host,
		Port:          port,
		Authorization: o.Token,
		NoLog:         true,
		NoSigs:        true,
		JetStream:     true,
		StoreDir:      folder,
		// Workers that have died without a word are noticed after two of these, rather than after four minutes.
		PingInterval: 10 * time.Second,
		MaxPingsOut:  2,
		AuthTimeout:  10,
		TLSTimeout:   10,
		MaxPayload:   maxPayload,
		MaxPending:   256 << 20, // of the host itself: a piece of a file from each of many workers
		// A slow link gets time for what is already on its way. Files wait for each piece, so that is little.
		WriteDeadline: time.Minute,
		// Memory is not taken before it is needed.
		JetStreamMaxMemory:     4 << 30,
		DisableJetStreamBanner: true,
	}
}

// maxPayload is the largest message in bytes: of a job, a question or an answer without their files.
const maxPayload = 8 << 20

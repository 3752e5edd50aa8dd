package crew

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// HostOptions say where and how a host meets its workers.
type HostOptions struct {
	// Listen is host:port, where host "" stands for all of this machine's addresses and port 0 for any free one. Or it is an
	// address as of ParseAddress: a NATS server with JetStream, whose name for the crew is "flowsweep" unless it says another.
	Listen string
	Token  string // what workers must know; "" lets everybody in
	TLS    bool   // with a certificate that is made once and kept in Folder
	// Folder is for the certificate and for files on their way. It is made if it is missing, and must be this host's alone.
	Folder  string
	AckWait time.Duration // a worker that is silent for this long has lost its job; 0 is 60 s
	Tries   int           // how often a job is given out before it counts as lost; 0 is 5
	MaxFile int64         // the bytes of a file that a worker may send; 0 is 1 GiB
}

// withDefaults returns the options with their defaults.
func (o HostOptions) withDefaults() HostOptions {
	if o.AckWait == 0 {
		o.AckWait = time.Minute
	}
	if o.Tries == 0 {
		o.Tries = 5
	}
	if o.MaxFile == 0 {
		o.MaxFile = 1 << 30
	}
	return o
}

// Host hands out jobs to workers, and files, and answers what they ask. Its methods may be called from several goroutines.
type Host struct {
	options  HostOptions
	address  Address
	subjects subjects
	session  session
	server   *server.Server // nil with an outside one
	conn     *nats.Conn
	js       jetstream.JetStream
	stream   jetstream.Stream
	lost     chan string
	files    *files
	ending   context.Context // ends with Close
	end      context.CancelFunc
	running  sync.WaitGroup
	closing  sync.Once
}

// Listen starts a host. A port that is taken is an error at once. Close the result.
func Listen(ctx context.Context, o HostOptions) (*Host, error) {
	o = o.withDefaults()
	h := &Host{options: o, lost: make(chan string, 1024)}
	h.ending, h.end = context.WithCancel(context.Background())
	if err := h.start(ctx); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// start does what Listen says. What it leaves half done, Close ends.
func (h *Host) start(ctx context.Context) (err error) {
	if h.files, err = newFiles(h.options.Folder, h.options.MaxFile); err != nil {
		return err
	}
	if strings.Contains(h.options.Listen, "://") {
		err = h.meetOutside()
	} else {
		err = h.serve()
	}
	if err != nil {
		return err
	}
	if h.js, err = jetstream.New(h.conn); err != nil {
		return err
	}
	if err := h.alone(ctx); err != nil {
		return err
	}
	if err := h.makeQueue(ctx, nuid.Next()); err != nil {
		return err
	}
	return h.answer()
}

// serve starts a server in this process, and connects to it without a socket.
func (h *Host) serve() (err error) {
	host, port, err := splitListen(h.options.Listen)
	if err != nil {
		return err
	}
	var pin string
	if h.server, pin, err = startServer(h.options, host, port); err != nil {
		return err
	}
	h.address = Address{URL: "nats://" + workersHost(host, h.server.Addr()), Token: h.options.Token, Pin: pin}
	if pin != "" {
		h.address.URL = "tls://" + strings.TrimPrefix(h.address.URL, "nats://")
	}
	_, h.subjects = h.address.crew()
	h.conn, err = nats.Connect("", nats.InProcessServer(h.server), nats.Token(h.options.Token), nats.MaxReconnects(-1), quiet())
	return err
}

// workersHost returns host:port as workers may know it: a host that listens at all addresses is known by its machine's name.
func workersHost(host string, addr net.Addr) string {
	tcp := addr.(*net.TCPAddr)
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if name, err := os.Hostname(); err == nil && hostForm.MatchString(name) {
			host = name
		}
	}
	return net.JoinHostPort(host, strconv.Itoa(tcp.Port))
}

// meetOutside connects to a server that others run.
func (h *Host) meetOutside() (err error) {
	if h.address, err = ParseAddress(h.options.Listen); err != nil {
		return err
	}
	if h.address.Token == "" {
		h.address.Token = h.options.Token
	}
	_, h.subjects = h.address.crew()
	h.conn, err = dial(h.address, nats.MaxReconnects(-1))
	if err == nil {
		return nil
	}
	if refused := refusal(h.address, err); refused != nil {
		return refused
	}
	return fmt.Errorf("meet workers at %s: %w: is a NATS server running there?", h.address.Redacted(), err)
}

// alone returns an error if another host has the same name at the same server, and removes what one that died has left there.
func (h *Host) alone(ctx context.Context) error {
	if h.server != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	if _, err := h.conn.RequestWithContext(ctx, h.subjects.session(), nil); !errors.Is(err, nats.ErrNoResponders) {
		return fmt.Errorf("another sweep meets its workers at %s: give this one a name of its own, as in %s/name", h.address.Redacted(), h.address.Redacted())
	}
	list := h.js.ListStreams(ctx, jetstream.WithStreamListSubject(h.subjects.jobs("*")+".*"))
	for info := range list.Info() {
		if err := h.js.DeleteStream(ctx, info.Config.Name); err != nil {
			return fmt.Errorf("remove the queue of an earlier sweep: %w", err)
		}
	}
	if err := list.Err(); err != nil {
		return fmt.Errorf("the NATS server at %s: %w: does it run with JetStream?", h.address.Redacted(), err)
	}
	return nil
}

// Address returns where workers find this host.
func (h *Host) Address() Address { return h.address }

// Tell sends a message to all workers that are there now.
func (h *Host) Tell(topic string, body []byte) error {
	msg := nats.NewMsg(h.subjects.tell())
	msg.Header.Set(topicHeader, topic)
	msg.Data = body
	if err := h.conn.PublishMsg(msg); err != nil {
		return fmt.Errorf("tell workers %q: %w", topic, err)
	}
	return h.conn.FlushTimeout(requestTime)
}

// requestTime is how long a request may take that needs no work.
const requestTime = 5 * time.Second

// Close ends the host. Workers notice, and wait for another one.
func (h *Host) Close() (err error) {
	h.closing.Do(func() {
		h.end()
		if h.conn != nil {
			if h.server == nil && h.stream != nil {
				ctx, cancel := context.WithTimeout(context.Background(), requestTime)
				defer cancel()
				// If the connection is lost, the next host of this name removes the queue.
				if err = h.js.DeleteStream(ctx, h.session.Stream); errors.Is(err, nats.ErrConnectionClosed) || !h.conn.IsConnected() {
					err = nil
				}
			}
			h.conn.Close()
		}
		if h.server != nil {
			h.server.Shutdown()
			h.server.WaitForShutdown()
			err = errors.Join(err, os.RemoveAll(filepath.Join(h.options.Folder, serverFolder)))
		}
		h.running.Wait()
		if h.files != nil {
			err = errors.Join(err, h.files.Close())
		}
	})
	return err
}

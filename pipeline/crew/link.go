package crew

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"
)

// connect makes the first connection. nats.go itself would try for ever, whatever the reason.
func (w *Worker) connect(ctx context.Context) (err error) {
	p := newPatience(w.options.Patience)
	for {
		w.conn, err = dial(w.address, nats.Name(w.options.Name), nats.MaxReconnects(-1), nats.CustomReconnectDelay(reconnectWait),
			nats.DisconnectErrHandler(func(*nats.Conn, error) { w.changed() }), nats.ReconnectHandler(func(*nats.Conn) { w.changed() }),
			nats.ClosedHandler(func(*nats.Conn) { w.changed() }),
			nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { w.failed(err) }))
		if err == nil {
			return nil
		}
		if refused := refusal(w.address, err); refused != nil {
			return refused
		}
		if ok, stopped := p.pause(ctx); stopped != nil {
			return stopped
		} else if !ok {
			return &GoneError{Address: w.address.Redacted(), Patience: w.options.Patience, Last: err}
		}
	}
}

// dial connects to a NATS server. Dead peers are noticed soon, and only the given address is used: others that the server knows may
// not be reachable from here.
func dial(a Address, options ...nats.Option) (*nats.Conn, error) {
	server, _ := a.crew()
	settings := pinned(a.Pin)
	secure := nats.Secure(settings)
	if a.Pin == "" {
		secure = withTLS(settings)
	}
	options = append([]nats.Option{
		nats.Token(a.Token), secure, nats.Timeout(5 * time.Second), nats.IgnoreDiscoveredServers(),
		nats.PingInterval(15 * time.Second), nats.MaxPingsOutstanding(2), nats.NoCallbacksAfterClientClose(),
		quiet(),
	}, options...)
	return nats.Connect(server, options...)
}

// quiet keeps nats.go from writing errors to stderr. They are also returned, or pass.
func quiet() nats.Option { return nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}) }

// withTLS sets what holds if the server wants TLS, without wanting it here.
func withTLS(settings *tls.Config) nats.Option {
	return func(o *nats.Options) error {
		o.TLSConfig = settings
		return nil
	}
}

// reconnectWait is short, and differs from worker to worker.
func reconnectWait(attempts int) time.Duration {
	wait := min(100*time.Millisecond<<min(attempts, 5), 2*time.Second)
	return wait/2 + rand.N(wait)
}

// changed says that the connection was lost or made again: what waits for an answer need not wait any more, and the host may be
// another one.
func (w *Worker) changed() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut()
	w.link, w.cut = context.WithCancel(context.Background())
	w.session = nil
}

func (w *Worker) failed(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = err
}

// waiting returns a context for one answer, which also ends when the connection is lost.
func (w *Worker) waiting(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	w.mu.Lock()
	link := w.link
	w.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, limit)
	stop := context.AfterFunc(link, cancel)
	return ctx, func() { stop(); cancel() }
}

var errNoConnection = errors.New("no connection")

// request sends a message and returns its answer. Its errors are of the connection, or of the host as an AnswerError.
func (w *Worker) request(ctx context.Context, msg *nats.Msg, limit time.Duration) (*nats.Msg, error) {
	if !w.conn.IsConnected() {
		return nil, errNoConnection
	}
	ctx, cancel := w.waiting(ctx, limit)
	defer cancel()
	answer, err := w.conn.RequestMsgWithContext(ctx, msg)
	if err == nil && answer.Header.Get(kindHeader) == kindError {
		return nil, &AnswerError{Text: string(answer.Data)}
	}
	return answer, err
}

// persist calls try until it is done, or the patience ends. Each time it is told the session of the host.
func (w *Worker) persist(ctx context.Context, p *patience, try func(s session) (done bool, err error)) error {
	for {
		s, err := w.meet(ctx)
		if err == nil {
			var done bool
			if done, err = try(s); done {
				return err
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			continue
		}
		if w.conn.IsClosed() {
			return w.gone(w.conn.LastError())
		}
		w.forget()
		if ok, stopped := p.pause(ctx); stopped != nil {
			return stopped
		} else if !ok {
			return w.gone(err)
		}
	}
}

// gone returns the error of a host that does not answer.
func (w *Worker) gone(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.conn.IsConnected() {
		// nats.go goes on trying whatever the reason, and keeps that of a handshake here.
		if refused := refusal(w.address, w.conn.LastError()); refused != nil {
			return refused
		}
		if w.last != nil {
			err = w.last
		}
	}
	if err == nil {
		err = errNoConnection
	}
	return &GoneError{Address: w.address.Redacted(), Patience: w.options.Patience, Last: err}
}

// forget lets the next meet ask for the session.
func (w *Worker) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.session = nil
}

// meet returns the session of the host.
func (w *Worker) meet(ctx context.Context) (session, error) {
	w.mu.Lock()
	known := w.session
	w.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	answer, err := w.request(ctx, nats.NewMsg(w.subjects.session()), requestTime)
	if err != nil {
		return session{}, err
	}
	var s session
	if err := json.Unmarshal(answer.Data, &s); err != nil {
		return session{}, fmt.Errorf("what answers is no host of this program: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.session = &s
	return s, nil
}

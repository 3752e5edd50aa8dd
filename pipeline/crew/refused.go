package crew

import (
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

// ErrNewHost says that the host is another one than before, or the same one started again: what it offers must be looked at anew.
var ErrNewHost = errors.New("the host was started again")

// RefusedError says that a host is there and does not let this worker in. Trying again will not help.
type RefusedError struct {
	Address string // without the token
	Reason  string // and what to do
}

func (e *RefusedError) Error() string { return fmt.Sprintf("join %s: %s", e.Address, e.Reason) }

// GoneError says that no host has answered for as long as this worker's patience.
type GoneError struct {
	Address  string // without the token
	Patience time.Duration
	Last     error // what the last attempt met
}

func (e *GoneError) Error() string {
	return fmt.Sprintf("no host has answered at %s for %v (%v): start it there, or wait longer with more patience", e.Address, e.Patience, e.Last)
}

func (e *GoneError) Unwrap() error { return e.Last }

// AnswerError is an error with which the host answered a question. Its text is the host's.
type AnswerError struct{ Text string }

func (e *AnswerError) Error() string { return e.Text }

var (
	errNoPin    = errors.New("the host speaks TLS")
	errWrongPin = errors.New("the host's certificate is another one")
)

// refusal returns the error of a host that does not let a worker in, or nil if err may pass.
func refusal(a Address, err error) error {
	reason := ""
	switch {
	case errors.Is(err, errNoPin):
		reason = "the host speaks TLS: use the whole address that it printed, which has the pin of its certificate"
	case errors.Is(err, errWrongPin):
		reason = "the host's certificate is not the one of the pin: use the address that the host printed last; otherwise somebody else answers in its place"
	case errors.Is(err, nats.ErrSecureConnWanted):
		reason = "the host does not speak TLS: start it with TLS, or use an address without a pin"
	case errors.Is(err, nats.ErrAuthorization) && a.Token == "":
		reason = "the host wants a token: use the whole address that it printed"
	case errors.Is(err, nats.ErrAuthorization):
		reason = "wrong token: use the one that the host printed or keeps in its file"
	default:
		return nil
	}
	return &RefusedError{Address: a.Redacted(), Reason: reason}
}

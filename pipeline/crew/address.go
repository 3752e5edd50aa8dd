package crew

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Address is where a crew meets: what a worker must know to find its host, be let in, and be sure of whom it talks to.
type Address struct {
	URL   string // nats://host:port or tls://host:port, and /name at a NATS server with several crews
	Token string // "" without one
	Pin   string // sha256 of the host's certificate, hex; "" without TLS
}

// defaultName is the name of a crew that has the server for itself.
const defaultName = "flowsweep"

var (
	pinForm  = regexp.MustCompile(`^[0-9a-f]{64}$`)
	hostForm = regexp.MustCompile(`^[A-Za-z0-9._:%-]+$`)
)

// ParseAddress reads an address: host:port, nats://token@host:port or tls://token@host:port?pin=SHA256. At a NATS server with
// several crews, /name follows the port.
func ParseAddress(text string) (Address, error) {
	text = strings.TrimSpace(text)
	whole := text
	if !strings.Contains(text, "://") {
		whole = "nats://" + text
	}
	u, err := url.Parse(whole)
	if err != nil {
		return Address{}, errors.New("this is no address of a host: write host:port, nats://token@host:port or tls://token@host:port?pin=SHA256")
	}
	a := Address{Token: u.User.Username(), Pin: strings.ToLower(u.Query().Get("pin"))}
	_, hasPassword := u.User.Password()
	name := strings.TrimPrefix(u.Path, "/")
	switch {
	case u.Scheme != "nats" && u.Scheme != "tls":
		err = fmt.Errorf("it starts with %s://: write nats:// or tls://", u.Scheme)
	case hasPassword:
		err = errors.New("its token has a colon: write %3A instead")
	case name != "" && !jobName.MatchString(name):
		err = fmt.Errorf("the crew's name %q may have letters, digits, - and _ only", name)
	case u.Fragment != "" || u.Opaque != "":
		err = errors.New("write host:port, nats://token@host:port or tls://token@host:port?pin=SHA256")
	case u.Scheme == "tls" && a.Pin == "":
		err = errors.New("tls:// needs ?pin= and the sha256 of the host's certificate: copy the whole address that the host printed")
	case u.Scheme == "nats" && a.Pin != "":
		err = errors.New("it has a pin: write tls:// instead of nats://")
	case a.Pin != "" && !pinForm.MatchString(a.Pin):
		err = errors.New("its pin is not 64 hexadecimal digits: copy the whole address that the host printed")
	default:
		err = checkHostPort(u)
	}
	if err != nil {
		return Address{}, fmt.Errorf("the address %q: %w", hideToken(text), err)
	}
	a.URL = (&url.URL{Scheme: u.Scheme, Host: u.Host}).String()
	if name != "" {
		a.URL += "/" + name
	}
	return a, nil
}

// checkHostPort returns an error if the URL has not one host and one port.
func checkHostPort(u *url.URL) error {
	if u.Hostname() == "" || !hostForm.MatchString(u.Hostname()) {
		return errors.New("it has no host: write host:port")
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil || port < 1 || port > 65535 {
		return errors.New("it has no port between 1 and 65535: write host:port")
	}
	return nil
}

// hideToken returns an address, good or bad, without what may be its token.
func hideToken(text string) string {
	at := strings.LastIndex(text, "@")
	if at < 0 {
		return text
	}
	scheme, _, ok := strings.Cut(text, "://")
	if !ok || len(scheme) > at {
		return "...@" + text[at+1:]
	}
	return scheme + "://...@" + text[at+1:]
}

// String returns the address in one line that ParseAddress reads.
func (a Address) String() string { return a.with(url.User(a.Token)) }

// Redacted returns the address as String does, with ... in place of the token.
func (a Address) Redacted() string {
	if a.Token == "" {
		return a.with(nil)
	}
	return hideToken(a.with(url.User("token")))
}

func (a Address) with(user *url.Userinfo) string {
	u, err := url.Parse(a.URL)
	if err != nil {
		return a.URL
	}
	if a.Token != "" {
		u.User = user
	}
	if a.Pin != "" {
		u.RawQuery = "pin=" + a.Pin
	}
	return u.String()
}

// crew returns the server's URL and the subjects there.
func (a Address) crew() (server string, subjects subjects) {
	server, name := a.URL, defaultName
	if u, err := url.Parse(a.URL); err == nil && strings.Trim(u.Path, "/") != "" {
		name = strings.Trim(u.Path, "/")
		u.Path = ""
		server = u.String()
	}
	return server, crewSubjects(name)
}

// crewSubjects keeps the subjects of crews apart from others at a server that many use.
func crewSubjects(name string) subjects {
	if name == defaultName {
		return defaultName
	}
	return subjects(defaultName + "-" + name)
}

// splitListen splits host:port of a host to be, where either may be empty or 0.
func splitListen(listen string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(listen)
	if err == nil {
		port, err = strconv.Atoi(text)
	}
	if err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("cannot listen at %q: write host:port, :port for all of this machine's addresses, or port 0 for any free one", listen)
	}
	return host, port, nil
}

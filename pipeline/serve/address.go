package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// Address is where a server listens unless it is told otherwise.
const Address = "127.0.0.1:7777"

// Listen listens at a loopback address, HOST:PORT. Its errors say what to do.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("--listen %s: use an address of this machine with a port, such as %s", address, Address)
	}
	if !loopback(host) {
		return nil, fmt.Errorf("--listen %s: the page is for this machine alone: use 127.0.0.1:%s, and from elsewhere ssh -L %s:127.0.0.1:%s HOST", address, port, port, port)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("--listen %s: another program listens there: stop it, or use another port, or port 0 for any that is free", address)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("--listen %s: this port is not for users: use one above 1023", address)
	case err != nil:
		return nil, fmt.Errorf("--listen %s: %w: use an address of this machine with a port, such as %s", address, err, Address)
	}
	if at, ok := l.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() { // whatever localhost stands for here
		return nil, errors.Join(fmt.Errorf("--listen %s: it stands for %s, which is not of this machine alone: use %s", address, l.Addr(), Address), l.Close())
	}
	return l, nil
}

// loopback reports whether a host, without its port, is this machine as it names itself.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

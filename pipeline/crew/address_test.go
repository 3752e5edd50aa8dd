package crew

import (
	"strings"
	"testing"
)

const somePin = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want Address
		back string // "" for text itself
	}{
		{"srv:4222", Address{URL: "nats://srv:4222"}, "nats://srv:4222"},
		{" [::1]:4222\n", Address{URL: "nats://[::1]:4222"}, "nats://[::1]:4222"},
		{"nats://tok@10.0.0.1:1", Address{URL: "nats://10.0.0.1:1", Token: "tok"}, ""},
		{"nats://tok@srv:1/grid-2", Address{URL: "nats://srv:1/grid-2", Token: "tok"}, ""},
		{"tok@srv:1", Address{URL: "nats://srv:1", Token: "tok"}, "nats://tok@srv:1"},
		{"tls://a%3Ab%40@srv:1?pin=" + strings.ToUpper(somePin), Address{URL: "tls://srv:1", Token: "a:b@", Pin: somePin}, "tls://a%3Ab%40@srv:1?pin=" + somePin},
		{"tls://srv:65535?pin=" + somePin, Address{URL: "tls://srv:65535", Pin: somePin}, ""},
	} {
		got, err := ParseAddress(c.text)
		if err != nil || got != c.want {
			t.Errorf("%q: %+v, %v, want %+v", c.text, got, err, c.want)
		}
		back := c.back
		if back == "" {
			back = c.text
		}
		if got.String() != back {
			t.Errorf("%q prints as %q, want %q", c.text, got, back)
		}
		if got.Token != "" && strings.Contains(got.Redacted(), got.Token) {
			t.Errorf("%q shows its token", got.Redacted())
		}
	}
}

func TestBadAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                            "no host",
		"srv":                         "no port",
		"srv:0":                       "no port",
		"srv:65536":                   "no port",
		":4222":                       "no host",
		"http://secret@srv:1":         "nats:// or tls://",
		"a,b:1":                       "no host",
		"nats://secret:x@srv:1":       "%3A",
		"nats://secret@srv:1/a.b":     "letters",
		"nats://secret@srv:1#f":       "host:port",
		"tls://secret@srv:1":          "?pin=",
		"tls://secret@srv:1?pin=12":   "64",
		"nats://srv:1?pin=" + somePin: "tls://",
		"nats://secret@sr v:1":        "host:port",
		"%zz":                         "host:port",
	} {
		a, err := ParseAddress(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, error %v, want one with %q", text, a, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error shows the token: %v", text, err)
		}
	}
}

// FuzzParseAddress checks that what is read prints as something that reads as the same.
func FuzzParseAddress(f *testing.F) {
	for _, text := range []string{"srv:1", "nats://t@[::1]:1/n", "tls://a%3Ab@srv:1?pin=" + somePin, "x@y@z:1", "nats://%00@h:1", "[fe80::1%25eth0]:1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseAddress(text)
		if err != nil {
			return
		}
		back, err := ParseAddress(a.String())
		if err != nil || back != a {
			t.Errorf("%q is %+v, prints as %q and is then %+v, %v", text, a, a, back, err)
		}
		if strings.ContainsAny(a.String(), "\n\r ") {
			t.Errorf("%q prints as more than one word: %q", text, a)
		}
		a.crew()
	})
}

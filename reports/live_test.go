package reports

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"strings"
	"testing"
)

// TestLive checks that a page with a script of its server is the same page but for that script, and that the policy allows it and to
// ask that server, which a file may not.
func TestLive(t *testing.T) {
	t.Parallel()
	const script = `(() => { fetch("/a+b/c"); })();`
	p := fullPage(t)
	file := render(t, p)
	p.Live = script
	live := render(t, p)
	sum := sha256.Sum256([]byte(script))
	hash := strings.ReplaceAll(html.EscapeString("'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'"), "+", "&#43;")
	for _, added := range []string{hash + " ", "; connect-src &#39;self&#39;", "<script>" + script + "</script>\n"} {
		if strings.Count(live, added) != 1 || strings.Contains(file, added) {
			t.Errorf("%q stands %d times in the page of a server and %d times in the file", added, strings.Count(live, added), strings.Count(file, added))
		}
		live = strings.Replace(live, added, "", 1)
	}
	if live != file {
		t.Error("the rest of the page differs")
	}
}

package ship

import "testing"

func TestSettingFolder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		label, want string
	}{
		{"heun · 8 steps", "nfe15.9-heun-8-steps-0123abcd"},
		{"../..\\up:\x00 · ö", "nfe15.9-..-..-up-0123abcd"},
		{"a rather long list of everything that varies over the settings of a sweep", "nfe15.9-a-rather-long-list-of-everything-that-varies-over-the-settin-0123abcd"},
	} {
		if got := settingFolder(15.93, c.label, "0123abcd4567"); got != c.want {
			t.Errorf("%q is put into %q, want %q", c.label, got, c.want)
		}
	}
}

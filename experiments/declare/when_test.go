package declare

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestWhen: what a condition makes of the alternatives. Of each, the shape, the width, the unit and the share are shown.
func TestWhen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{
			"a list is swept where the if is met, and nowhere else", "size: {width: [1, 2]}\nwhen: [{if: {size: {width: 2}}, then: {size: {share: [0.5, 1]}}}]",
			[]string{"ring 1 [] 1 mm 0", "ring 1 [] 2 mm 0.5", "ring 1 [] 2 mm 1"},
		},
		{
			"a default meets an if", "size: {width: [1, 2]}\nwhen: [{if: {size: {unit: mm}}, then: {size: {share: 1}}}]",
			[]string{"ring 1 [] 1 mm 1", "ring 1 [] 2 mm 1"},
		},
		{
			"any value of a list, and all keys", "size: {width: [1, 2, 3], unit: [mm, cm]}\nwhen: [{if: {size: {width: [1, 3], unit: cm}}, then: {size: {share: 1}}}]",
			[]string{"ring 1 [] 1 mm 0", "ring 1 [] 1 cm 1", "ring 1 [] 2 mm 0", "ring 1 [] 2 cm 0", "ring 1 [] 3 mm 0", "ring 1 [] 3 cm 1"},
		},
		{
			"the then takes the place of what is written for all", "size: {width: [1, 2], share: 0.1}\nwhen: [{if: {size: {width: 2}}, then: {size: {share: 1}}}]",
			[]string{"ring 1 [] 1 mm 0.1", "ring 1 [] 2 mm 1"},
		},
		{
			"a name leaves the parameters open", "shape: {name: ring, radius: [1, 2]}\nwhen: [{if: {shape: ring}, then: {size: {share: 1}}}]",
			[]string{"ring 1 [] 8 mm 1", "ring 2 [] 8 mm 1"},
		},
		{
			"a parameter that is written does not", "shape: {name: ring, radius: [1, 2, 3]}\nwhen: [{if: {shape: {name: ring, radius: [2, 3]}}, then: {size: {share: 1}}}]",
			[]string{"ring 1 [] 8 mm 0", "ring 2 [] 8 mm 1", "ring 3 [] 8 mm 1"},
		},
		{
			"one of several whole values", "shape: [ring, {name: ring, radius: 2}, {file: x}]\nwhen: [{if: {shape: [{name: ring, radius: 2}, {file: x}]}, then: {size: {share: 1}}}]",
			[]string{"ring 1 [] 8 mm 0", "ring 2 [] 8 mm 1", "x[] 8 mm 1"},
		},
		{
			"whole mappings in the if", "size: {width: [1, 2, 3]}\nwhen: [{if: {size: [{width: 1}, {width: 2, unit: cm}, {width: 3}]}, then: {size: {share: 1}}}]",
			[]string{"ring 1 [] 1 mm 1", "ring 1 [] 2 mm 0", "ring 1 [] 3 mm 1"},
		},
		{
			"whole mappings in the then keep what they do not set", "size: {width: [1, 2], unit: cm}\nwhen: [{if: {size: {width: 2}}, then: {size: [{share: 0.5}, {unit: mm}]}}]",
			[]string{"ring 1 [] 1 cm 0", "ring 1 [] 2 cm 0.5", "ring 1 [] 2 mm 0"},
		},
		{
			"one after another", "size: {width: [1, 2]}\nwhen:\n- {if: {size: {width: 2}}, then: {size: {unit: cm}}}\n- {if: {size: {unit: cm}}, then: {size: {share: [0.5, 1]}}}",
			[]string{"ring 1 [] 1 mm 0", "ring 1 [] 2 cm 0.5", "ring 1 [] 2 cm 1"},
		},
		{
			"two that are met by different ones", "size: {width: [1, 2]}\nwhen:\n- {if: {size: {width: 1}}, then: {size: {share: 0.5}}}\n- {if: {size: {width: 2}}, then: {size: {share: [0.5, 1]}}}",
			[]string{"ring 1 [] 1 mm 0.5", "ring 1 [] 2 mm 0.5", "ring 1 [] 2 mm 1"},
		},
		{
			"over zip", "zip: [{size: {width: 1}}, {size: {width: 2, unit: cm}}]\nwhen: [{if: {size: {unit: cm}}, then: {shape: {name: ring, radius: [3, 4]}}}]",
			[]string{"ring 1 [] 1 mm 0", "ring 3 [] 2 cm 0", "ring 4 [] 2 cm 0"},
		},
		{
			"lists from one number to another", "size: {width: {from: 1, to: 4}}\nwhen: [{if: {size: {width: {from: 2, to: 3}}}, then: {size: {share: {from: 0.5, to: 1, by: 0.5}}}}]",
			[]string{"ring 1 [] 1 mm 0", "ring 1 [] 2 mm 0.5", "ring 1 [] 2 mm 1", "ring 1 [] 3 mm 0.5", "ring 1 [] 3 mm 1", "ring 1 [] 4 mm 0"},
		},
	} {
		got, err := conditioned(c.text)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: got\n%s\n%v\nwant\n%s", c.name, strings.Join(got, "\n"), err, strings.Join(c.want, "\n"))
		}
	}
}

// conditioned returns the alternatives of a text in short.
func conditioned(text string) (list []string, err error) {
	r := Read("a.yaml", []byte("name: a\n"+text), language)
	for _, d := range Values(r, "the text", defaults()) {
		list = append(list, fmt.Sprint(d.Shape.text, " ", d.Size.Width, " ", d.Size.Unit, " ", d.Size.Share))
	}
	return list, r.Err()
}

// TestWhenOfDraws: ranges in a then are drawn once for each draw, and lists multiply.
func TestWhenOfDraws(t *testing.T) {
	t.Parallel()
	got, err := conditioned("random: {count: 200, size: {unit: [mm, cm]}}\nwhen: [{if: {size: {unit: cm}}, then: {size: {width: {whole: [20, 29]}, share: [0.5, 1]}}}]")
	if err != nil {
		t.Fatal(err)
	}
	widths := map[string]int{}
	for i, line := range got {
		var radius, width int
		var unit string
		var share float64
		if _, err := fmt.Sscanf(line, "ring %d [] %d %s %g", &radius, &width, &unit, &share); err != nil {
			t.Fatal(line, err)
		}
		switch {
		case unit == "mm" && (width != 8 || share != 0), unit == "cm" && (width < 20 || width > 29):
			t.Errorf("a draw with %s", line)
		case share == 1 && got[i-1] != strings.Replace(line, " 1", " 0.5", -1) && !strings.HasSuffix(got[i-1], fmt.Sprint(width, " cm 0.5")):
			t.Errorf("%s follows %s: one draw has one width", line, got[i-1])
		}
		if unit == "cm" {
			widths[fmt.Sprint(width)]++
		}
	}
	if len(widths) != 10 {
		t.Errorf("of the widths 20 to 29 these are drawn: %v", widths)
	}
}

func TestWhenProblems(t *testing.T) {
	t.Parallel()
	const example = "[{if: {size: {width: 1}}, then: {size: {exact: true}}}]"
	for text, want := range map[string]string{
		"when: {if: {size: {width: 8}}}":     "1:7: when must be a list of conditions, such as " + example,
		"when: []":                           "1:7: when must be a list of conditions",
		"when: [3]":                          "1:8: an entry of when must be a mapping",
		"when: [{if: {size: {width: 8}}}]":   "1:8: an entry of when has no then: add it, as in " + example,
		"when: [{then: {size: {width: 8}}}]": "1:8: an entry of when has no if: add it",
		"when: [{if: {size: {width: 8}}, than: {size: {share: 1}}}]":                                        `1:33: unknown key "than" (have if, then): did you mean "then"?`,
		"when: [{if: {}, then: {size: {share: 1}}}]":                                                        "1:13: if is empty: say which values",
		"when: [{if: {size: {width: 8}}, then: {}}]":                                                        "1:39: then is empty",
		"when: [{if: {sise: {width: 8}}, then: {size: {share: 1}}}]":                                        `1:14: unknown key "sise" (have shape, size): did you mean "size"?`,
		"when: [{if: {seeds: 1}, then: {size: {share: 1}}}]":                                                "1:14: seeds cannot differ between the runs of a sweep",
		"when: [{if: {size: {widht: 8}}, then: {size: {share: 1}}}]":                                        `1:21: unknown key "widht"`,
		"when: [{if: {size: {width: 8}}, then: {size: {share: x}}}]":                                        "1:54: share must be a share",
		"when: [{if: {size: {width: 8}}, then: {shape: file}}]":                                             "1:47: the shape file has no file: add it",
		"when: [{if: {size: {width: 8}}, then: {size: {width: {whole: [1, 2]}}}}]":                          "1:54: width must be a whole number: the range whole belongs in random",
		"when: [{if: {size: {width: 7}}, then: {size: {share: 1}}}]":                                        "1:13: no setting meets this: leave the entry out, or ask for values that the spec has",
		"when: [{if: {size: {width: 8}}, then: {size: {width: [8, 9]}}}]":                                   "1:47: size.width is set to what does not meet the if of its own entry: leave it out of one of them",
		"size: {width: [1, 2]}\nwhen: [{if: {size: {width: 2}}, then: {size: [{share: 0.5}, {width: 9}]}}]": "2:62: size.width is set to what does not meet the if of its own entry",
		"size: {width: [1, 2]}\nwhen:\n- {if: {size: {width: 2}}, then: {size: {share: 1}}}\n- {if: {size: {unit: mm}}, then: {size: {share: 0.5, exact: true}}}": "4:42: " +
			"size.share has a value by the entry on line 3 too, in settings that meet both: leave one out, or let no setting meet both",
		"size: {unit: [mm, cm]}\nwhen:\n- {if: {size: {width: 9}}, then: {size: {share: 1}}}\n- {if: {size: {unit: cm}}, then: {size: {width: 9}}}": "3:8: the entry on line 4 sets size.width, " +
			"which this asks for: write that entry first",
		"size: {unit: [mm, cm]}\nwhen:\n- {if: {size: {width: 8}}, then: {size: {share: 1}}}\n- {if: {size: {unit: cm}}, then: {size: {width: 9}}}": "3:8: the entry on line 4 sets size.width, ",
		"zip: [{when: []}]": "1:8: when cannot differ between the runs of a sweep: write it outside",
		"size: {width: {from: 1, to: 100}, share: {from: 0, to: 1, by: 0.01}}\nwhen: [{if: {size: {unit: mm}}, then: {size: {bound: {from: 1, to: 900}}}}]": "2:54: the lists multiply to",
	} {
		r := Read("a.yaml", []byte(text+"\nname: a\n"), language)
		Values(r, "the text", defaults())
		if err := r.Err(); err == nil || !strings.HasPrefix(err.Error(), "a.yaml:"+want) {
			t.Errorf("%s: got\n%v\nwant %s", text, err, want)
		}
	}
	r := Read("a.yaml", []byte("name: a\nrandom: {count: 3, size: {width: [2, 3]}}\nwhen: [{if: {size: {width: 4}}, then: {size: {share: 1}}}]"), language)
	if list := Values(r, "the text", defaults()); len(list) != 3 || r.Err() != nil || !strings.HasPrefix(strings.Join(r.Cautions(), "\n"), "no draw meets the if on line 3, ") {
		t.Errorf("what no draw meets: %d alternatives, %v, cautions %q", len(list), r.Err(), r.Cautions())
	}
}

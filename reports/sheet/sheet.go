// Package sheet is what all pages have in common: the style sheet, the scripts, the policy that lets a page load nothing, and
// the parts that their templates share.
//
//	page := sheet.Template("page", text, nil) // may use the templates "head", "figure", "table" and "foot"
//	err := page.Execute(w, view{Head: sheet.NewHead("two-moons: flowsweep report")})
package sheet

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"maps"
	"strings"
	"unicode/utf8"

	"flowsweep/reports/figure"
	"flowsweep/reports/number"
)

var (
	//go:embed parts.html
	partsText string
	//go:embed style.css
	styleText string
	//go:embed tables.css
	tablesText string
	//go:embed contents.css
	contentsText string
	//go:embed *.js
	scripts embed.FS
)

// scriptText is all scripts in the order in which each may use those before. The page ends with it.
var scriptText = joined("start", "names", "query", "data", "number", "table", "board", "runs", "marks", "flow", "contents", "end")

func joined(names ...string) string {
	var b strings.Builder
	for _, name := range names {
		text, err := scripts.ReadFile(name + ".js")
		if err != nil {
			panic("sheet: " + err.Error())
		}
		b.Write(text)
	}
	return b.String()
}

// colours are those of drawings. Paper is light.
var colours = ":root { " + figure.Variables(false) + " }\n@media screen and (prefers-color-scheme: dark) { :root { " + figure.Variables(true) + " } }\n"

// Head is what the templates "head" and "foot" need.
type Head struct {
	Title  string
	Policy string // of content security
	Style  template.CSS
	Script template.JS
	Live   template.JS // a script of the server that the page comes from; empty in a file
}

// NewHead returns the head of a page, which may run its own script and loads nothing.
func NewHead(title string) Head {
	return Head{
		Title: title, Style: template.CSS(colours + styleText + tablesText + contentsText), Script: template.JS(scriptText),
		Policy: "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src " + hashOf(scriptText) + "; base-uri 'none'; form-action 'none'",
	}
}

// WithLive returns the head of the same page with a script of the server that it comes from, which runs first and may ask that server.
// Without a script it is the same head.
func (h Head) WithLive(script string) Head {
	if script == "" {
		return h
	}
	h.Live = template.JS(script)
	h.Policy = strings.Replace(h.Policy, "; script-src ", "; connect-src 'self'; script-src "+hashOf(script)+" ", 1)
	return h
}

// hashOf returns what a policy says to let a script run.
func hashOf(script string) string {
	sum := sha256.Sum256([]byte(script))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// Template returns the template of a page, which may use the shared parts: "head" and "foot" of a Head, "figure" of a
// figure.Figure and "table" of a figure.Table. It panics if the text has an error.
func Template(name, text string, funcs template.FuncMap) *template.Template {
	all := template.FuncMap{
		"whole": number.Whole[int],
		"long":  func(label string) bool { return utf8.RuneCountInString(label) > 30 }, // so that it may be broken
	}
	maps.Copy(all, funcs)
	parts := template.Must(template.New("parts").Funcs(all).Parse(partsText))
	return template.Must(parts.New(name).Parse(text))
}

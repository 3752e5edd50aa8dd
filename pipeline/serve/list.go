package serve

import (
	"context"
	"fmt"
	"html"
	"strings"

	"flowsweep/store"
)

// listHead is the head of the list of sweeps.
const listHead = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Sweeps: flowsweep</title>
<link rel="icon" href="data:,">
<style>
body { margin: 0 auto; max-width: 1180px; padding: 28px 24px; font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif; overflow-wrap: anywhere; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 5px 18px 5px 0; vertical-align: top; }
</style>
</head>
<body>
<main>
<h1>Sweeps</h1>
`

// listPage makes the list of the sweeps of a store, the latest first, each with a link to its page.
func listPage(ctx context.Context, db *store.DB) ([]byte, error) {
	list, err := db.Sweeps(ctx)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString(listHead)
	if len(list) == 0 {
		b.WriteString("<p>The store holds no sweep yet.</p>\n")
	} else {
		b.WriteString("<table>\n<thead><tr><th scope=\"col\">sweep</th><th scope=\"col\">state</th><th scope=\"col\">runs</th><th scope=\"col\">last started</th></tr></thead>\n<tbody>\n")
		for _, l := range list {
			fmt.Fprintf(&b, "<tr><th scope=\"row\"><a href=\"%s\">%s</a></th><td>%s</td><td>%d of %d finished</td><td>%s</td></tr>\n", html.EscapeString(pathOf(l.Name)),
				html.EscapeString(l.Name), html.EscapeString(string(l.State)), l.RunsDone, l.Runs, l.LastStarted.UTC().Format("2 January 2006, 15:04 UTC"))
		}
		b.WriteString("</tbody>\n</table>\n")
	}
	b.WriteString("</main>\n</body>\n</html>\n")
	return []byte(b.String()), nil
}

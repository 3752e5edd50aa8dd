package view

import "strings"

// View is one that a store promises.
type View struct {
	Name, About string
	Columns     []Column
}

// Column is a column of a view.
type Column struct {
	Name, About string
	Added       bool // by the connection: other programs that read the file do not have it
}

// Documented returns the views that comments in scripts of SQL describe. A later description of a view replaces an earlier one.
func Documented(scripts ...string) []View {
	var views []View
	for _, script := range scripts {
		for _, v := range described(script) {
			if at := find(views, v.Name); at >= 0 {
				views[at] = v
			} else {
				views = append(views, v)
			}
		}
	}
	for _, more := range described(settings) {
		at := find(views, more.Name)
		for _, c := range more.Columns {
			views[at].Columns = append(views[at].Columns, Column{c.Name, c.About, true})
		}
	}
	return views
}

func find(views []View, name string) int {
	for i, v := range views {
		if v.Name == name {
			return i
		}
	}
	return -1
}

// described returns the views that the comments of a script describe: a line "-- view NAME: what it is", and one for each column,
// where "likewise" stands for what is said of the one before.
func described(script string) (views []View) {
	open := false
	for line := range strings.Lines(script) {
		line = strings.TrimRight(line, "\n")
		if text, ok := strings.CutPrefix(line, "-- view "); ok {
			if name, about, ok := strings.Cut(text, ":"); ok && !strings.Contains(name, " ") {
				views, open = append(views, View{Name: name, About: strings.TrimSpace(about)}), true
				continue
			}
		}
		text, ok := strings.CutPrefix(line, "--   ")
		if open = open && ok; !open {
			continue
		}
		name, about, _ := strings.Cut(text, " ")
		v := &views[len(views)-1]
		if about = strings.TrimSpace(about); about == "likewise" && len(v.Columns) > 0 {
			about = v.Columns[len(v.Columns)-1].About
		}
		v.Columns = append(v.Columns, Column{Name: name, About: about})
	}
	return views
}

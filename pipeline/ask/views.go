package ask

import (
	"fmt"
	"io"

	"flowsweep/store/view"
)

// ViewRow is a view in JSON.
type ViewRow struct {
	View    string      `json:"view"`
	About   string      `json:"about"`
	Columns []ColumnRow `json:"columns"`
}

type ColumnRow struct {
	Name  string `json:"name"`
	About string `json:"about"`
	Added bool   `json:"query_only"` // whoever reads the file does not have it
}

// ViewsJSON returns views in JSON.
func ViewsJSON(views []view.View) []ViewRow {
	rows := make([]ViewRow, len(views))
	for i, v := range views {
		rows[i] = ViewRow{View: v.Name, About: v.About}
		for _, c := range v.Columns {
			rows[i].Columns = append(rows[i].Columns, ColumnRow(c))
		}
	}
	return rows
}

// ListViews writes the columns of views, a row each.
func ListViews(views []view.View, form Form) error {
	if err := form.Columns([]string{"view", "column", "about", "query only"}); err != nil {
		return err
	}
	for _, v := range views {
		for _, c := range v.Columns {
			only := ""
			if c.Added {
				only = "yes"
			}
			if err := form.Row([]any{v.Name, c.Name, c.About, only}); err != nil {
				return err
			}
		}
	}
	return form.End()
}

// PrintViews prints views for people. A star marks columns that only queries have.
func PrintViews(w io.Writer, views []view.View) error {
	for i, v := range views {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s: %s\n", v.Name, v.About)
		for _, c := range v.Columns {
			mark := " "
			if c.Added {
				mark = "*"
			}
			fmt.Fprintf(w, "  %s %-17s  %s\n", mark, c.Name, c.About)
		}
	}
	_, err := fmt.Fprintln(w, "\nColumns with * are worked out for `flowsweep query`; other programs that read the file do not have them.")
	return err
}

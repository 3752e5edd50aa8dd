package table

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// lines returns n lines of a format with the number of the line from 0.
func lines(n int, of func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(of(i) + "\n")
	}
	return b.String()
}

// utf16Of returns a text in UTF-16, with a byte order mark.
func utf16Of(text string, order binary.AppendByteOrder) string {
	var out []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + text)) {
		out = order.AppendUint16(out, u)
	}
	return string(out)
}

func gzipOf(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.String()
}

// TestDialects: files that hold 1.5, 2 and -3, 4 under x and y in the forms that programs write.
func TestDialects(t *testing.T) {
	t.Parallel()
	const plain = "x,y\n1.5,2\n-3,4\n"
	for _, c := range []struct{ name, text, note string }{
		{"commas", plain, ""},
		{"lines that end with CR", strings.ReplaceAll(plain, "\n", "\r"), ""},
		{"lines that end with CR LF", strings.ReplaceAll(plain, "\n", "\r\n"), ""},
		{"no end of the last line", strings.TrimSpace(plain), ""},
		{"a byte order mark", "\ufeff" + plain, ""},
		{"UTF-16, little endian", utf16Of(plain, binary.LittleEndian), "it is in UTF-16"},
		{"UTF-16, big endian", utf16Of(plain, binary.BigEndian), "it is in UTF-16"},
		{"gzip", gzipOf(plain), ""},
		{"semicolons", strings.ReplaceAll(plain, ",", ";"), "columns are divided by semicolons"},
		{"tabs", strings.ReplaceAll(plain, ",", "\t"), "columns are divided by tabs"},
		{"bars", strings.ReplaceAll(plain, ",", "|"), "columns are divided by vertical bars"},
		{"spaces", "  x   y\n1.5   2\n -3\t 4 \n", "columns are divided by spaces"},
		{"spaces after commas", strings.ReplaceAll(plain, ",", " , "), ""},
		{"decimal commas", "x;y\n1,5;2\n-3;4\n", "columns are divided by semicolons and decimals follow a comma"},
		{"decimal commas everywhere", "x;y\n1,5;2,0\n-3,0;4,0\n", "columns are divided by semicolons and decimals follow a comma"},
		{"decimal commas between tabs", "x\ty\n1,5\t2\n-3\t4\n", "columns are divided by tabs and decimals follow a comma"},
		{"Excel's own line", "sep=;\nx;y\n1.5;2\n-3;4\n", "columns are divided by semicolons"},
		{"quotes", "\"x\",\"y\"\n\"1.5\",\"2\"\n\"-3\",\" 4\"\n", ""},
		{"comments", "# made today\n# by hand, and twice\nx,y\n1.5,2\n# half of it\n-3,4\n", "lines that start with # are skipped: 3"},
		{
			"names in a comment, as savetxt writes them", "# x y\n1.5e+00 2.0e+00\n-3.0e+00 4.0e+00\n",
			"columns are divided by spaces; the names of the columns stand in the line with # above them; lines that start with # are skipped: 1",
		},
		{"a typographic minus", "x,y\n1.5,2\n\u22123,4\n", ""},
		{"blank lines", "\n\nx,y\n\n1.5,2\n   \n-3,4\n\n", ""},
	} {
		got, err := Decode("a.csv", []byte(c.text), Options{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		rows, err := got.Rows([]string{"x", "y"})
		if err != nil || !slices.Equal(rows.Data, []float64{1.5, 2, -3, 4}) {
			t.Errorf("%s: read as %v with columns %q: %v", c.name, rows.Data, got.Names(), err)
		}
		if note := strings.Join(got.Notes, "; "); note != c.note {
			t.Errorf("%s: it says %q, want %q", c.name, note, c.note)
		}
	}
}

// TestHeader: whether the first line names the columns, and what is said of it.
func TestHeader(t *testing.T) {
	t.Parallel()
	normal := func(i, j int) float64 { return 1.7*math.Sin(float64(7*i+3*j)) + .123 }
	years := lines(9, func(i int) string { return fmt.Sprintf("%.3f,%.3f", normal(i, 0), normal(i, 1)) })
	whole := lines(9, func(i int) string { return fmt.Sprintf("%d,%d,%d", i%3, (i+1)%2, i%4) })
	index := lines(9, func(i int) string { return fmt.Sprintf("%d,%.3f,%.3f", i, normal(i, 0), normal(i, 1)) })
	for _, c := range []struct {
		name, text string
		header     Header
		names      string
		note       string
	}{
		{"years", "2019,2020\n" + years, AutoHeader, "2019 2020", "the first line, \"2019,2020\", is taken for names: header: false makes it a row"},
		{"years, asked for as a row", "2019,2020\n" + years, NoNames, "0 1", ""},
		{"pandas' numbers", "0,1\n" + years, AutoHeader, "0 1", "is taken for names"},
		{"pandas' numbers above whole numbers", "0,1,2\n" + whole, AutoHeader, "0 1 2", "is taken for names"},
		{"pandas' numbers with an index", ",0,1\n" + index, AutoHeader, " 0 1", ""},
		{"years with an index", ",2019,2020\n" + index, AutoHeader, " 2019 2020", ""},
		{
			"years beside words", "region,2019,2020\n" + lines(9, func(i int) string { return fmt.Sprintf("r%d,%.3f,%.3f", i%2, normal(i, 0), normal(i, 1)) }),
			AutoHeader, "region 2019 2020", "is taken for names",
		},
		{"years among numbers like them", "2019,2020\n1500,2900\n3000,1200\n2500,700\n", AutoHeader, "0 1", "is taken for a row: header: true makes it names"},
		{"the same, asked for", "2019,2020\n1500,2900\n3000,1200\n2500,700\n", Names, "2019 2020", ""},
		{"a row of zero and one", "0,1\n1,0\n1,1\n0,0\n", AutoHeader, "0 1", "is taken for a row"},
		{"a curve that starts at 0, 1", "0,1\n0.5,0.8\n1,0.54\n1.5,0.07\n", AutoHeader, "0 1", "is taken for a row"},
		{"a column that starts at 0", "0\n0.5\n0.7\n", AutoHeader, "0", "is taken for a row"},
		{"an outlier in a column", "1000\n1\n2\n3\n", AutoHeader, "0", ""},
		{"numbers", years, AutoHeader, "0 1", ""},
		{"R's names of rows, which have no name", "x,y\na,1,2\nb,3,4\n", AutoHeader, " x y", ""},
		{"names, not asked for", "x,y\n1,2\n3,4\n", NoNames, "0 1", ""},
		{"no name for empty columns", "x,,\n1,,\n2,,\n", AutoHeader, "x  2", ""},
	} {
		got, err := DecodeCSV([]byte(c.text), Options{Header: c.header})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		rows := strings.Count(c.text, "\n")
		if got.Named {
			rows--
		}
		note := strings.Join(got.Notes, "; ")
		if strings.Join(got.Names(), " ") != c.names || got.Len() != rows || (note == "") != (c.note == "") || !strings.Contains(note, c.note) {
			t.Errorf("%s: columns %q, %d rows of %d lines, it says %q, want %q", c.name, got.Names(), got.Len(), rows, note, c.note)
		}
		if named := strings.Contains(c.note, "for names"); named != (named && got.Named) {
			t.Errorf("%s: the note says names, and there are none", c.name)
		}
	}
}

// TestRowNumbers: a first column without a name that counts the rows is left out, and said to be; others are not.
func TestRowNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, take, left string }{
		{"pandas", ",x\n0,5\n1,6\n2,9\n", "x", "it numbers the rows"},
		{"pandas, read again", "Unnamed: 0,x\n0,5\n1,6\n2,9\n", "x", "it numbers the rows"},
		{"R", "\"\",\"x\"\n\"1\",5\n\"2\",6\n\"3\",9\n", "x", "it numbers the rows"},
		{"Rdatasets", "rownames,x\n1,5\n2,6\n3,9\n", "x", "it numbers the rows"},
		{"R without a name", "x\n1,5\n2,6\n3,9\n", "x", "it numbers the rows"},
		{"another name", "t,x\n0,5\n1,6\n2,9\n", "t x", ""},
		{"R, of a part", ",x\n85,5\n19,6\n91,9\n", "x", "it numbers the rows"},
		{"one number twice", ",x\n0,5\n2,6\n0,9\n", " x", ""},
		{"not whole", ",x\n0.5,5\n2,6\n1,9\n", " x", ""},
		{"the second column", "x,\n5,0\n6,1\n9,2\n", "x ", ""},
		{"no names", "0,5\n1,6\n2,9\n", "0 1", ""},
		{"excluded", "id,x\n7,5\n8,6\n", "x", "excluded"},
	} {
		got, err := DecodeCSV([]byte(c.text), Options{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		names, left, err := got.Default([]string{"id"})
		if err != nil || strings.Join(names, " ") != c.take || (c.left == "") != (left == nil) || !strings.Contains(Reasons(left), c.left) {
			t.Errorf("%s: took %q and left out %v: %v", c.name, names, left, err)
		}
		if _, err := got.Rows(got.Names()); err != nil {
			t.Errorf("%s: named, the column is not taken: %v", c.name, err)
		}
	}
}

// TestMistakes: a column of numbers with one other cell is an error that names it, and so is a missing number; a column of
// words is left out with the line to blame.
func TestMistakes(t *testing.T) {
	t.Parallel()
	file := func(bad string) []byte {
		return []byte("id,weight,who\n" + lines(60, func(i int) string {
			if i == 40 {
				return fmt.Sprintf("%d,%s,p%d", i, bad, i)
			}
			return fmt.Sprintf("%d,%d.5,p%d", i, i, i)
		}))
	}
	for _, c := range []struct{ bad, want string }{
		{"8.8g", `line 42, column "weight": "8.8g" is not a number, and 59 of the 59 other cells are: correct it, such as by leaving out the unit`},
		{"-", `"-" is not a number, and 59 of the 59 other cells are: write NA if it is missing, correct it, or exclude the column`},
		{`"78,722"`, `"78,722" is not a number, and 59 of the 59 other cells are: write its decimals after a point and thousands without a comma, or say decimal: ","`},
		{`"1,078,722"`, `write it without a mark between thousands`},
		{"$5", "leaving out the unit"},
		{"\u22125", ""},
		{"1e400", ""},
	} {
		got, err := DecodeCSV(file(c.bad), Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, left, err := got.Default(nil)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.bad, err, c.want)
		}
		if _, err := got.Rows([]string{"weight"}); c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: named, the column gives %v", c.bad, err)
		}
		if names, _, err := got.Default([]string{"weight"}); err != nil || !slices.Equal(names, []string{"id"}) {
			t.Errorf("%s: excluded, %q are left: %v", c.bad, names, err)
		}
		if err == nil && Reasons(left) != ` ("who": line 2 says "p0")` {
			t.Errorf("it says %q of the column of words", Reasons(left))
		}
	}
}

// TestAmounts: a column of amounts is left out with what to do about it.
func TestAmounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"x,y\n\"1,000\",1\n\"2,500\",2\n", `"1,000": write its decimals after a point and thousands without a comma`},
		{"x,y\n$5,1\n$7,2\n", `"$5": correct it, such as by leaving out the unit`},
		{"x,y\n5 %,1\n7 %,2\n", `"5 %": correct it`},
		{"x,y\na5,1\nb7,2\n", `line 2 says "a5")`},
		{"x,y\n%,1\n$,2\n", `line 2 says "%")`},
	} {
		got, err := DecodeCSV([]byte(c.text), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, left, err := got.Default(nil); err != nil || !strings.Contains(Reasons(left), c.want) {
			t.Errorf("%q: left out%s, want %q: %v", c.text, Reasons(left), c.want, err)
		}
	}
}

// TestTexts: columns with words keep the text of each cell, whichever line comes first.
func TestTexts(t *testing.T) {
	t.Parallel()
	got, err := DecodeCSV([]byte("# who\n01,red\n2, \"a, b\" \n# skipped\n3.50,NA\nx,red\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"01", "2", "3.50", "x"}, {"red", "a, b", "NA", "red"}}
	for j, texts := range want {
		if !slices.Equal(got.Columns[j].Texts, texts) {
			t.Errorf("column %d has the texts %q, want %q", j, got.Columns[j].Texts, texts)
		}
	}
	whole, first, left := got.Complete([]string{"1"})
	if left != 1 || got.Place(first) != "in line 5" || whole.Len() != 3 || whole.Columns[1].Texts[2] != "red" || !slices.Equal(whole.Lines, []int{2, 3, 6}) {
		t.Errorf("without missing values %d rows are dropped, the first %s: %v", left, got.Place(first), whole)
	}
}

// TestOptions: what the content leaves open can be said.
func TestOptions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		o          Options
		want       []float64
	}{
		{"tabs with thousands, read as decimals", "x\ty\n1,500\t2\n3,250\t4\n", Options{Decimal: ","}, []float64{1.5, 2, 3.25, 4}},
		{"decimal commas in quotes", "x,y\n\"1,5\",2\n3,4\n", Options{Decimal: ","}, []float64{1.5, 2, 3, 4}},
		{"a semicolon among commas", "a;x,y\n1;2,5\n3;4,5\n", Options{Separator: ";", Decimal: ","}, []float64{1, 2.5, 3, 4.5}},
	} {
		got, err := Decode("a.tsv", []byte(c.text), c.o)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if rows, err := got.Rows(got.Names()); err != nil || !slices.Equal(rows.Data, c.want) {
			t.Errorf("%s: %v, %v, want %v", c.name, rows.Data, err, c.want)
		}
	}
	for _, o := range []Options{{Separator: "x"}, {Separator: ",,"}, {Decimal: ";"}} {
		if _, err := Decode("a.csv", []byte("1,2\n"), o); err == nil || !strings.Contains(err.Error(), "is none: use") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

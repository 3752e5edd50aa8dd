package onnx

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"testing"
)

// TestRecordedListsWhatIsWritten compares the operations claimed with the methods there are: those of function, less
// the ones that are no operations.
func TestRecordedListsWhatIsWritten(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var written []string
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			m, ok := d.(*ast.FuncDecl)
			if !ok || m.Recv == nil || !m.Name.IsExported() || slices.Contains([]string{"Builder", "Shape", "Return"}, m.Name.Name) {
				continue
			}
			if star, ok := m.Recv.List[0].Type.(*ast.StarExpr); ok && star.X.(*ast.Ident).Name == "function" {
				written = append(written, m.Name.Name)
			}
		}
	}
	var claimed []string
	for _, op := range recorded {
		claimed = append(claimed, op.String())
	}
	slices.Sort(written)
	slices.Sort(claimed)
	if !slices.Equal(written, claimed) {
		t.Errorf("claimed  %v\nwritten  %v", claimed, written)
	}
}

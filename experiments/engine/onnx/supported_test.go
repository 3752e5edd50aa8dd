package onnx

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"testing"
)

// TestSupportedOpsAreImplemented compares supportedOps with the exported methods of function that are operations.
func TestSupportedOpsAreImplemented(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var implemented []string
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
				implemented = append(implemented, m.Name.Name)
			}
		}
	}
	var claimed []string
	for _, op := range supportedOps {
		claimed = append(claimed, op.String())
	}
	slices.Sort(implemented)
	slices.Sort(claimed)
	if !slices.Equal(implemented, claimed) {
		t.Errorf("claimed      %v\nimplemented  %v", claimed, implemented)
	}
}

package derive

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// comments finds what the source says of types and fields.
type comments struct {
	folder   string             // of the module
	packages map[string]*source // by import path
}

// source is what a package says.
type source struct {
	docs  map[string]string   // by type or type.field
	words map[string][]string // constants of types of texts, by type
}

// moduleName is what import paths of the module start with.
const moduleName = "flowsweep/"

// of returns the comment on a field of a type, or on the type itself if field is empty: that in its tag doc, or else that in the source.
func (c *comments) of(t reflect.Type, field string) string {
	if field == "" {
		return strings.TrimSpace(firstWords.ReplaceAllString(c.in(t.PkgPath()).docs[t.Name()], ""))
	}
	if f, ok := t.FieldByName(field); ok && f.Tag.Get("doc") != "" {
		return f.Tag.Get("doc")
	}
	return c.in(t.PkgPath()).docs[t.Name()+"."+field]
}

// firstWords are those of a comment that name the Go type, which nobody knows who reads a schema, and the command, which its title names.
var firstWords = regexp.MustCompile("^\\w+ (is|are|says) ((the|a) (JSON )?(form|row) of `[^`]*`(\\.|: |, )?)?")

// words returns the schema of a type of texts: those of its constants, if it has any.
func (c *comments) words(t reflect.Type) Object {
	if words := c.in(t.PkgPath()).words[t.Name()]; words != nil {
		return Object{"enum": words}
	}
	return Object{"type": "string"}
}

// in returns what a package of the module says; of others, nothing.
func (c *comments) in(path string) *source {
	folder, ok := strings.CutPrefix(path, moduleName)
	if !ok {
		return &source{}
	}
	if found, ok := c.packages[path]; ok {
		return found
	}
	found := &source{map[string]string{}, map[string][]string{}}
	files, _ := filepath.Glob(filepath.Join(c.folder, folder, "*.go"))
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			panic("derive: " + err.Error()) // it compiles
		}
		found.add(parsed)
	}
	if c.packages == nil {
		c.packages = map[string]*source{}
	}
	c.packages[path] = found
	return found
}

// add adds what a file says.
func (s *source) add(file *ast.File) {
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range group.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				s.addType(spec, group.Doc)
			case *ast.ValueSpec:
				s.addWords(spec)
			}
		}
	}
}

// addType adds the comments on a type and on its fields, above or behind them.
func (s *source) addType(of *ast.TypeSpec, doc *ast.CommentGroup) {
	if of.Doc != nil {
		doc = of.Doc
	}
	s.docs[of.Name.Name] = oneLine(doc)
	fields, ok := of.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range fields.Fields.List {
		text := oneLine(f.Doc)
		if text == "" {
			text = oneLine(f.Comment)
		}
		for _, name := range f.Names {
			s.docs[of.Name.Name+"."+name.Name] = text
		}
	}
}

// addWords adds constants that are texts of a type.
func (s *source) addWords(of *ast.ValueSpec) {
	kind, ok := of.Type.(*ast.Ident)
	if !ok {
		return
	}
	for _, value := range of.Values {
		if text, ok := value.(*ast.BasicLit); ok && text.Kind == token.STRING {
			word, _ := strconv.Unquote(text.Value) // it compiles
			s.words[kind.Name] = append(s.words[kind.Name], word)
		}
	}
}

// oneLine returns a comment without its line breaks.
func oneLine(g *ast.CommentGroup) string { return strings.Join(strings.Fields(g.Text()), " ") }

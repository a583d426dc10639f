// Reads Go files as a list of texts (JSON) on its input, and writes what its parser and its type
// checker say of each, as a list of lists. A package that cannot be imported is an error like others.
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"io"
	"os"
	"regexp"
	"runtime"
	"strings"
)

const most = 50

type finding struct {
	Rule    string `json:"rule"`
	Message string `json:"message"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
}

type packages struct {
	fast, slow types.Importer
	known      map[string]*types.Package
}

// Import reads a package's compiled form, or else its source. It asks for each one once.
func (p *packages) Import(path string) (*types.Package, error) {
	if found, asked := p.known[path]; asked {
		if found == nil {
			return nil, fmt.Errorf("it is not there")
		}
		return found, nil
	}
	found, err := p.fast.Import(path)
	if err != nil && !strings.Contains(path, ".") {
		found, err = p.slow.Import(path)
	}
	if err != nil {
		found = nil
	}
	p.known[path] = found
	return found, err
}

// ahead imports what was compiled ahead, by the list of it if there is one.
func ahead(files *token.FileSet) types.Importer {
	list, err := os.ReadFile("/usr/local/lib/backfeed/go/importcfg")
	if err != nil {
		return importer.Default()
	}
	places := map[string]string{}
	for _, line := range strings.Split(string(list), "\n") {
		if path, place, found := strings.Cut(strings.TrimPrefix(line, "packagefile "), "="); found {
			places[path] = place
		}
	}
	return importer.ForCompiler(files, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(places[path])
	})
}

func main() {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		panic(err)
	}
	files := token.NewFileSet()
	imports := &packages{
		ahead(files), importer.ForCompiler(files, "source", nil), map[string]*types.Package{},
	}
	found := make([][]finding, len(texts))
	for n, text := range texts {
		found[n] = look(files, imports, text)
	}
	json.NewEncoder(os.Stdout).Encode(map[string]any{
		"version": strings.TrimPrefix(runtime.Version(), "go"), "found": found,
	})
}

func look(files *token.FileSet, imports types.Importer, text string) []finding {
	found := []finding{}
	file, err := parser.ParseFile(files, "answer.go", text, parser.SkipObjectResolution)
	if list, many := err.(scanner.ErrorList); many {
		for _, one := range list {
			found = add(found, "syntax", one.Msg, one.Pos)
		}
		return found
	}
	if err != nil {
		return add(found, "syntax", err.Error(), token.Position{})
	}
	around := surroundings(file)
	config := types.Config{Importer: imports, Error: func(err error) {
		one := err.(types.Error)
		kind := rule(one.Msg)
		if around.brings(one) {
			kind = "elsewhere"
		}
		found = add(found, kind, one.Msg, files.Position(one.Pos))
	}}
	config.Check(file.Name.Name, files, []*ast.File{file}, nil)
	return found
}

func add(found []finding, rule, message string, at token.Position) []finding {
	if len(found) >= most {
		return found
	}
	return append(found, finding{rule, message, at.Line, at.Column})
}

func rule(message string) string {
	switch {
	case strings.HasPrefix(message, "could not import"):
		return "import"
	case strings.HasPrefix(message, "undeclared name") || strings.HasPrefix(message, "undefined"):
		return "undefined"
	case strings.Contains(message, "not declared by package"):
		return "undefined"
	case strings.Contains(message, "not used") || strings.Contains(message, "imported and"):
		return "unused"
	}
	return "types"
}

// around is what other files of its package may bring to a file: a library is seldom one file, a
// program that somebody wrote as an answer is.
type around struct {
	library, test bool
	types         map[string]bool    // those that the file defines
	open          map[token.Pos]bool // names that are called, or are types
}

var (
	unknown = regexp.MustCompile(`^(?:undeclared name|undefined): (\w+)$`)
	lacking = regexp.MustCompile(`type \*?(\w+)(?:\[.*\])? has no field or method`)
	unmet   = regexp.MustCompile(`: \*?(\w+)(?:\[.*\])? does not implement .*missing method`)
)

func surroundings(file *ast.File) around {
	found := around{types: map[string]bool{}, open: map[token.Pos]bool{}}
	found.library = file.Name.Name != "main"
	for _, one := range file.Imports {
		found.test = found.test || one.Path.Value == `"testing"`
	}
	ast.Inspect(file, func(node ast.Node) bool {
		switch one := node.(type) {
		case *ast.TypeSpec:
			found.types[one.Name.Name] = true
			found.named(one.Type)
		case *ast.CallExpr:
			found.called(one)
		case *ast.Field:
			found.named(one.Type)
		case *ast.ValueSpec:
			found.named(one.Type)
		case *ast.CompositeLit:
			found.named(one.Type)
		case *ast.TypeAssertExpr:
			found.named(one.Type)
		case *ast.ArrayType:
			found.named(one.Elt)
		case *ast.MapType:
			found.named(one.Key)
			found.named(one.Value)
		case *ast.ChanType:
			found.named(one.Value)
		}
		return true
	})
	return found
}

func (a around) called(call *ast.CallExpr) {
	switch callee := call.Fun.(type) {
	case *ast.Ident:
		a.open[callee.Pos()] = true
		if callee.Name == "new" && len(call.Args) == 1 {
			a.named(call.Args[0])
		}
	case *ast.SelectorExpr:
		a.open[callee.Sel.Pos()] = true
	default:
		a.named(callee)
	}
}

// named opens the names that a type is made of; the package of one from elsewhere is none of them.
func (a around) named(of ast.Expr) {
	switch one := of.(type) {
	case *ast.Ident:
		a.open[one.Pos()] = true
	case *ast.StarExpr:
		a.named(one.X)
	case *ast.ParenExpr:
		a.named(one.X)
	case *ast.Ellipsis:
		a.named(one.Elt)
	case *ast.IndexExpr:
		a.named(one.X)
		a.named(one.Index)
	case *ast.IndexListExpr:
		a.named(one.X)
		for _, index := range one.Indices {
			a.named(index)
		}
	}
}

// brings tells whether another file could mend an error: by a name that is exported, called or a
// type; by any name that a file of tests uses; by methods of a type that this file defines.
func (a around) brings(err types.Error) bool {
	if !a.library {
		return false
	}
	if name := unknown.FindStringSubmatch(err.Msg); name != nil {
		return a.test || ast.IsExported(name[1]) || a.open[err.Pos]
	}
	if of := lacking.FindStringSubmatch(err.Msg); of != nil {
		return a.types[of[1]] && a.open[err.Pos]
	}
	of := unmet.FindStringSubmatch(err.Msg)
	return of != nil && a.types[of[1]]
}

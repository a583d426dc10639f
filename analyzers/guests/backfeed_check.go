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
	"os"
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

func main() {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		panic(err)
	}
	files := token.NewFileSet()
	imports := &packages{
		importer.Default(), importer.ForCompiler(files, "source", nil), map[string]*types.Package{},
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
	config := types.Config{Importer: imports, Error: func(err error) {
		one := err.(types.Error)
		found = add(found, rule(one.Msg), one.Msg, files.Position(one.Pos))
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

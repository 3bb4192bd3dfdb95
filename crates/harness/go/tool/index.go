package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"go/importer"
	"go/token"
	"io"
	"os"
	"sort"
	"strings"
)

// The files of a prepared folder.
const (
	importConfig = "importcfg"
	namesFile    = "names.json"
	symbolsFile  = "symbols.json"
)

// archives reads an import configuration: the archive of each package.
func archives(path string) (map[string]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readConfig(file), nil
}

func readConfig(text io.Reader) map[string]string {
	archives := map[string]string{}
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		line, found := strings.CutPrefix(lines.Text(), "packagefile ")
		name, archive, whole := strings.Cut(line, "=")
		if found && whole {
			archives[name] = archive
		}
	}
	return archives
}

// isImportable tells whether code outside the package's own module or the
// standard library may import it.
func isImportable(path string) bool {
	for _, part := range strings.Split(path, "/") {
		if part == "internal" || part == "vendor" {
			return false
		}
	}
	return true
}

// index CONFIG FOLDER writes the names of the packages of an import
// configuration, and what each exports, into a folder.
func index(arguments []string) error {
	if len(arguments) != 2 {
		return fmt.Errorf("usage: tool index CONFIG FOLDER")
	}
	packages, err := archives(arguments[0])
	if err != nil {
		return err
	}
	lookup := func(path string) (io.ReadCloser, error) { return os.Open(packages[path]) }
	reader := importer.ForCompiler(token.NewFileSet(), "gc", lookup)
	names := map[string]string{}
	symbols := map[string][]string{}
	for path := range packages {
		if !isImportable(path) || path == "unsafe" {
			continue
		}
		read, err := reader.Import(path)
		if err != nil {
			return fmt.Errorf("failed to read what %s exports: %w", path, err)
		}
		if read.Name() == "main" {
			continue
		}
		names[path] = read.Name()
		for _, name := range read.Scope().Names() {
			if token.IsExported(name) {
				symbols[path] = append(symbols[path], name)
			}
		}
		sort.Strings(symbols[path])
	}
	names["unsafe"] = "unsafe"
	symbols["unsafe"] = []string{"Add", "Alignof", "Offsetof", "Pointer", "Sizeof", "Slice", "SliceData", "String", "StringData"}
	for name, content := range map[string]any{namesFile: names, symbolsFile: symbols} {
		text, err := json.Marshal(content)
		if err != nil {
			return err
		}
		if err := os.WriteFile(arguments[1]+"/"+name, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

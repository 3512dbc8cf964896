// Answers what Docker's own matchers say: one JSON case a line in, one JSON answer a line out.
//
// {"file": "...", "root": "/dir"}           an ignore file over a real folder: the paths that are sent
// {"pattern": "...", "names": ["...", ...]}  path.Match over names: which of them match
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"
)

type question struct {
	File    string   `json:"file"`
	Root    string   `json:"root"`
	Pattern string   `json:"pattern"`
	Names   []string `json:"names"`
}

type answer struct {
	Paths []string `json:"paths"`
	Error string   `json:"error"`
}

func sent(q question) ([]string, error) {
	patterns, err := ignorefile.ReadAll(strings.NewReader(q.File))
	if err != nil {
		return nil, err
	}
	tree, err := fsutil.NewFS(q.Root)
	if err != nil {
		return nil, err
	}
	tree, err = fsutil.NewFilterFS(tree, &fsutil.FilterOpt{ExcludePatterns: patterns})
	if err != nil {
		return nil, err
	}
	paths := []string{}
	err = tree.Walk(context.Background(), "", func(p string, _ fs.DirEntry, err error) error {
		paths = append(paths, p)
		return err
	})
	return paths, err
}

func matching(q question) ([]string, error) {
	paths := []string{}
	for _, name := range q.Names {
		ok, err := path.Match(q.Pattern, name)
		if err != nil {
			return nil, err
		}
		if ok {
			paths = append(paths, name)
		}
	}
	return paths, nil
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<24)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var q question
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			panic(err)
		}
		ask := sent
		if q.Root == "" {
			ask = matching
		}
		paths, err := ask(q)
		if err != nil {
			_ = out.Encode(answer{Error: err.Error()})
		} else {
			_ = out.Encode(answer{Paths: paths})
		}
	}
}

// Answers what Docker's own matchers say: one JSON case a line in, one JSON answer a line out.
//
// {"file": "...", "root": "/dir"}           an ignore file over a real folder: the paths that are sent
// {"copy": "src", "root": "/dir", "to": "/empty", "include": […], "exclude": […]}  what COPY takes: the copies
// {"pattern": "...", "names": ["...", ...]}  path.Match over names: which of them match
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"
	fscopy "github.com/tonistiigi/fsutil/copy"
)

type question struct {
	File    string   `json:"file"`
	Root    string   `json:"root"`
	Pattern string   `json:"pattern"`
	Names   []string `json:"names"`
	Copy    string   `json:"copy"`
	To      string   `json:"to"`
	Include []string `json:"include"`
	Exclude []string `json:"exclude"`
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

func copied(q question) ([]string, error) {
	sources, err := fscopy.ResolveWildcards(q.Root, q.Copy, true)
	if err != nil {
		return nil, err
	}
	options := fscopy.WithCopyInfo(fscopy.CopyInfo{
		CopyDirContents: true,
		FollowLinks:     true,
		IncludePatterns: q.Include,
		ExcludePatterns: q.Exclude,
	})
	for number, source := range sources {
		to := filepath.Join(q.To, strconv.Itoa(number))
		if err := os.Mkdir(to, 0o755); err != nil {
			return nil, err
		}
		if err := fscopy.Copy(context.Background(), q.Root, source, to, "/", options); err != nil {
			return nil, err
		}
	}
	paths := []string{}
	err = filepath.WalkDir(q.To, func(p string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			var data []byte
			data, err = os.ReadFile(p)
			paths = append(paths, string(data))
		}
		return err
	})
	return paths, err
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
		if q.Copy != "" {
			ask = copied
		}
		paths, err := ask(q)
		if err != nil {
			_ = out.Encode(answer{Error: err.Error()})
		} else {
			_ = out.Encode(answer{Paths: paths})
		}
	}
}

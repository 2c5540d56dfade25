package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"gopkg.in/yaml.v3"
)

// file is a configuration file: the flags' names and their values.
type file map[string]any

// loadFile reads a YAML file whose keys are the names of flags.
func loadFile(r io.Reader) (kong.Resolver, error) {
	var f file
	if err := yaml.NewDecoder(r).Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("configuration file: %w", err)
	}
	return f, nil
}

// Validate reports keys that no flag has.
func (f file) Validate(app *kong.Application) error {
	known := flagNames(app)
	for key := range f {
		if !slices.Contains(known, key) {
			return fmt.Errorf("configuration file: unknown setting %q; see campaignd config doc", key)
		}
	}
	return nil
}

// Resolve gives a flag its value from the file, unless the environment has one:
// kong by itself would let the file win.
func (f file) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, name := range flag.Envs {
		if _, ok := os.LookupEnv(name); ok {
			return nil, nil
		}
	}
	return f[flag.Name], nil
}

// unknownSettings reports a CAMPAIGND_ variable that no flag has, so that a
// misspelt one is not silently without effect.
func unknownSettings(app *kong.Application, environ []string) error {
	known := map[string]bool{}
	for _, flag := range allFlags(app) {
		for _, name := range flag.Envs {
			known[name] = true
		}
	}
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "CAMPAIGND_") && !strings.HasPrefix(name, "CAMPAIGND_TEST_") && !known[name] {
			return fmt.Errorf("environment: unknown setting %s; see campaignd config doc", name)
		}
	}
	return nil
}

func flagNames(app *kong.Application) []string {
	var names []string
	for _, flag := range allFlags(app) {
		names = append(names, flag.Name)
	}
	return names
}

// allFlags returns the flags of every subcommand, each name once.
func allFlags(app *kong.Application) []*kong.Flag {
	var flags []*kong.Flag
	seen := map[string]bool{}
	var walk func(*kong.Node)
	walk = func(n *kong.Node) {
		for _, flag := range n.Flags {
			if !seen[flag.Name] {
				seen[flag.Name] = true
				flags = append(flags, flag)
			}
		}
		for _, child := range n.Children {
			walk(child)
		}
	}
	walk(app.Node)
	return flags
}

package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/alecthomas/kong"

	"github.com/hexabuilders/campaignd/internal/app"
)

type configCmd struct {
	Check   configCheck   `cmd:"" help:"Report settings that are unknown or not valid."`
	Default configDefault `cmd:"" help:"Print a configuration file with the defaults."`
	Doc     configDoc     `cmd:"" help:"Explain every setting: flag, variable, default."`
}

type configCheck struct {
	app.Config `embed:""`
}

// Run has nothing left to do: reading the settings has checked their names and
// types, and what is left is checked here.
func (c *configCheck) Run(e env) error {
	if err := c.Validate(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(e.stdout, "the configuration is valid")
	return err
}

type configDefault struct{}

// Run prints YAML that serve would read back unchanged.
func (configDefault) Run(e env, model *kong.Kong) error {
	for _, flag := range serveFlags(model) {
		name := flag.Name
		if flag.Default == "" {
			name = "# " + name
		}
		if _, err := fmt.Fprintf(e.stdout, "# %s\n%s: %q\n\n", flag.Help, name, flag.Default); err != nil {
			return err
		}
	}
	return nil
}

type configDoc struct{}

// Run prints a table of every setting of serve.
func (configDoc) Run(e env, model *kong.Kong) error {
	w := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "FLAG\tVARIABLE\tDEFAULT\tMEANING")
	for _, flag := range serveFlags(model) {
		_, _ = fmt.Fprintf(w, "--%s\t%s\t%s\t%s\n", flag.Name, flag.Envs[0], flag.Default, flag.Help)
	}
	return w.Flush()
}

// serveFlags are the settings of the service itself.
func serveFlags(k *kong.Kong) []*kong.Flag {
	for _, command := range k.Model.Children {
		if command.Name == "serve" {
			return command.Flags
		}
	}
	return nil
}

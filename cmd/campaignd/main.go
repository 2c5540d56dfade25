// Command campaignd is the Campaign Management Service: the service itself,
// its demo and the tools an operator reaches for.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	_ "time/tzdata" // campaigns have zones, wherever the program runs

	"github.com/alecthomas/kong"
)

func main() {
	if os.Getenv("GOGC") == "" {
		// What lives is some 40 MiB and most of what a request needs is gone with
		// it, so that collecting half as often saves a twentieth of the processor
		// time of ingest and costs some 100 MiB when it is busiest.
		debug.SetGCPercent(200)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// cli is the command line: one field a subcommand.
type cli struct {
	Config kong.ConfigFlag `help:"Configuration file (YAML)." type:"existingfile" name:"config" placeholder:"FILE"`

	Serve     serveCmd     `cmd:"" help:"Run the service."`
	Demo      demoCmd      `cmd:"" help:"Run the service with a demo partner and a simulated ad market."`
	Sandbox   sandboxCmd   `cmd:"" help:"Play the ad platforms, for development and tests."`
	Migrate   migrateCmd   `cmd:"" help:"Bring the store's schema up to date and exit."`
	Verify    verifyCmd    `cmd:"" help:"Compare every sum with the event log, and rebuild it; offline."`
	Import    importCmd    `cmd:"" help:"Send a platform's report file to a running service."`
	Export    exportCmd    `cmd:"" help:"Write the raw events of a campaign or a partner, as a running service has them."`
	Keys      keysCmd      `cmd:"" help:"List, issue and revoke API keys of a running service."`
	Audiences audiencesCmd `cmd:"" help:"Upload members to an audience of a running service, or forget people."`
	Letters   lettersCmd   `cmd:"" name:"dead-letters" help:"List, show, replay and drop messages of brokers that could not be taken in."`
	Payments  paymentsCmd  `cmd:"" help:"List payments of unknown outcome, and ask their provider about them."`
	Platforms platformsCmd `cmd:"" help:"List ad accounts and campaigns at ad platforms, and decide about what is open there."`
	Brokers   brokersCmd   `cmd:"" help:"Show how each broker of a running service stands."`
	Jobs      jobsCmd      `cmd:"" help:"Show what a running service does by the clock: when each job ran last, where, and why it failed."`
	Bench     benchCmd     `cmd:"" help:"Measure the program, each figure beside its baseline."`
	Conf      configCmd    `cmd:"" name:"config" help:"Check, print or explain the configuration."`
	Version   versionCmd   `cmd:"" help:"Print the version."`
}

// env is what a subcommand needs of the process.
type env struct {
	ctx            context.Context
	stdout, stderr io.Writer
}

// run parses the arguments and runs one subcommand; it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c cli
	exit := -1
	parser, err := kong.New(&c,
		kong.Name("campaignd"),
		kong.Description("HexaBuilders' Campaign Management Service."),
		kong.UsageOnError(),
		kong.Writers(stdout, stderr),
		kong.DefaultEnvars("CAMPAIGND"),
		kong.Configuration(loadFile),
		kong.Exit(func(code int) { exit = code }),
	)
	if err != nil {
		return fail(stderr, err)
	}
	parsed, err := parser.Parse(args)
	if exit >= 0 {
		return exit
	}
	if err != nil {
		return fail(stderr, err)
	}
	if err := unknownSettings(parser.Model, os.Environ()); err != nil {
		return fail(stderr, err)
	}
	err = parsed.Run(env{ctx, stdout, stderr})
	if err != nil && !errors.Is(err, context.Canceled) {
		return fail(stderr, err)
	}
	return 0
}

// exitError is an error with an exit code of its own.
type exitError struct {
	error
	code int
}

func (e exitError) Unwrap() error { return e.error }

func fail(stderr io.Writer, err error) int {
	_, _ = fmt.Fprintln(stderr, "campaignd:", err)
	if coded, ok := errors.AsType[exitError](err); ok {
		return coded.code
	}
	return 1
}

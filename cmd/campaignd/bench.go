package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"time"

	"github.com/hexabuilders/campaignd/forecast/evaluate"
	"github.com/hexabuilders/campaignd/internal/app"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/optimization/mix"
	"github.com/hexabuilders/campaignd/performance/anomaly/nab"
	"github.com/hexabuilders/campaignd/targeting/lookalike"
)

type benchCmd struct {
	Ingest   benchIngest   `cmd:"" help:"Measure how fast events are taken in, beside the bare store."`
	Query    benchQuery    `cmd:"" help:"Measure questions about the past on a store of many events, beside a plain replay."`
	Allocate benchAllocate `cmd:"" help:"Divide a total among channels by what each has brought, learned from a file of periods."`
	Stream   benchStream   `cmd:"" help:"Measure how fast events are taken in from the broker in the program, beside HTTP."`
	Relay    benchRelay    `cmd:"" help:"Measure how fast the event log leaves for a broker, beside the broker alone."`
	Budget   benchBudget   `cmd:"" help:"Measure how many decisions about budgets are made durable, beside a transaction for each."`
	Forecast benchForecast `cmd:"" help:"Judge the forecasts on a folder of series, beside Naive2."`
	Optimise benchOptimise `cmd:"" help:"Judge the optimiser in the simulated market, beside campaigns that are left alone."`
	Predict  benchPredict  `cmd:"" help:"Judge what is predicted of campaigns, with its intervals, in markets that stand and that wander."`
	Pacing   benchPacing   `cmd:"" help:"Judge the pacing controller in the simulated market, beside a bid that is set once."`
	NAB      benchNAB      `cmd:"" name:"nab" help:"Score the anomaly detector on a folder shaped like the Numenta Anomaly Benchmark."`

	Audience  benchAudience  `cmd:"" help:"Measure how fast people are uploaded and audiences compared, beside a row for each identifier."`
	Lookalike benchLookalike `cmd:"" help:"Judge the lookalike model on a file of people with a label, by cross-validation."`
}

type benchIngest struct {
	app.BenchConfig `embed:""`
}

// Run prints the figures.
func (c *benchIngest) Run(e env) error {
	return app.BenchIngest(e.ctx, c.BenchConfig, e.stdout, e.stderr)
}

type benchQuery struct {
	app.BenchQueryConfig `embed:""`
}

// Run prints the figures.
func (c *benchQuery) Run(e env) error { return app.BenchQuery(e.ctx, c.BenchQueryConfig, e.stdout) }

type benchStream struct {
	app.BenchStreamConfig `embed:""`
}

// Run prints the figures.
func (c *benchStream) Run(e env) error {
	return app.BenchStream(e.ctx, c.BenchStreamConfig, e.stdout, e.stderr)
}

type benchRelay struct {
	app.BenchRelayConfig `embed:""`
}

// Run prints the figures.
func (c *benchRelay) Run(e env) error {
	return app.BenchRelay(e.ctx, c.BenchRelayConfig, e.stdout, e.stderr)
}

type benchBudget struct {
	app.BenchBudgetConfig `embed:""`
}

// Run prints the figures.
func (c *benchBudget) Run(e env) error { return app.BenchBudget(e.ctx, c.BenchBudgetConfig, e.stdout) }

type benchAudience struct {
	app.BenchAudienceConfig `embed:""`
}

// Run prints the figures.
func (c *benchAudience) Run(e env) error {
	return app.BenchAudience(e.ctx, c.BenchAudienceConfig, e.stdout, e.stderr)
}

type benchForecast struct {
	Dir     string `arg:"" type:"existingdir" help:"Folder with train.csv and test.csv, each with the columns series, index and value."`
	Season  int    `required:"" help:"Values in a season: 24 for hours, 1 for none."`
	Horizon int    `required:"" help:"Steps to forecast."`
	JSON    bool   `name:"json" help:"Print the figures as JSON."`
}

// Run prints sMAPE, MASE, OWA, the coverage of the intervals and the time.
func (c *benchForecast) Run(e env) error {
	report, err := evaluate.Run(e.ctx, evaluate.Options{Dir: c.Dir, Season: c.Season, Horizon: c.Horizon, Now: time.Now})
	if err != nil {
		return err
	}
	return show(e.stdout, c.JSON, report, report.WriteText)
}

type benchNAB struct {
	Dir  string `arg:"" type:"existingdir" help:"Folders of categories with files of timestamp,value, and combined_windows.json."`
	JSON bool   `name:"json" help:"Print the figures as JSON."`
}

// Run prints the normalised score by profile and category.
func (c *benchNAB) Run(e env) error {
	report, err := nab.Run(e.ctx, os.DirFS(c.Dir))
	if err != nil {
		return err
	}
	return show(e.stdout, c.JSON, report, report.Text)
}

// show prints a report as JSON or for a person.
func show(w io.Writer, asJSON bool, report any, text func(io.Writer) error) error {
	if asJSON {
		return json.NewEncoder(w).Encode(report)
	}
	return text(w)
}

type benchPacing struct {
	Campaigns int    `default:"200" help:"Campaigns of one to seven days."`
	Seed      uint64 `default:"1" help:"Of the market."`
	JSON      bool   `name:"json" help:"Print the figures as JSON."`
}

// Run prints how many campaigns ended within 5 % of their budget.
func (c *benchPacing) Run(e env) error {
	return app.BenchPacing(e.ctx, c.Campaigns, c.Seed, c.JSON, e.stdout)
}

type benchPredict struct {
	Markets int    `default:"150" help:"Markets of each kind."`
	Seed    uint64 `default:"1" help:"Of the markets."`
	JSON    bool   `name:"json" help:"Print the figures as JSON."`
}

// Run prints how often what came lay within the intervals.
func (c *benchPredict) Run(e env) error {
	return app.BenchPredict(e.ctx, c.Markets, c.Seed, c.JSON, e.stdout)
}

type benchLookalike struct {
	File     string `arg:"" type:"existingfile" help:"A CSV with a header line, one person in a row."`
	Label    string `required:"" help:"The column that says who belongs to the group."`
	Positive string `required:"" help:"The value of that column for those who belong."`
	Folds    int    `default:"5" help:"Parts that are held out in turn, 2 to 20."`
	Seed     uint64 `default:"1" help:"Of the folds and of learning."`
	JSON     bool   `name:"json" help:"Print the figures as JSON."`
}

// Run prints the cross-validated AUC with its spread.
func (c *benchLookalike) Run(e env) error {
	file, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	report, err := lookalike.CrossValidate(e.ctx, file, lookalike.Trial{
		Source: lookalike.Source{Label: c.Label, Positive: c.Positive, Seed: c.Seed}, Folds: c.Folds, Now: time.Now,
	})
	if err != nil {
		return err
	}
	return show(e.stdout, c.JSON, report, report.WriteText)
}

type benchAllocate struct {
	File  string `arg:"" type:"existingfile" help:"CSV with a header: a date, one spend column per channel, and the result last."`
	Total string `required:"" help:"What is to be divided in each period, as a decimal amount."`
	Seed  int64  `default:"1" help:"Of the walk over the curves; the same file, total and seed give the same answer."`
	JSON  bool   `name:"json" help:"Print the recommendation as JSON."`
}

// Run prints how to divide the total among the channels, and what to expect.
func (c *benchAllocate) Run(e env) error {
	total, err := money.ParseMicros(c.Total)
	if err != nil {
		return err
	}
	file, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	history, err := mix.Read(bufio.NewReader(file))
	if err != nil {
		return err
	}
	recommended, err := mix.Recommend(history, total, c.Seed)
	if err != nil {
		return err
	}
	return show(e.stdout, c.JSON, recommended, recommended.WriteText)
}

type benchOptimise struct {
	Runs int    `default:"200" help:"Campaigns with two to four channels over 112 days; each takes about a second."`
	Seed uint64 `default:"1" help:"Of the market."`
	JSON bool   `name:"json" help:"Print the figures as JSON."`
}

// Run prints what the optimiser saved, and how often it was right.
func (c *benchOptimise) Run(e env) error {
	return app.BenchOptimise(e.ctx, c.Runs, c.Seed, c.JSON, e.stdout)
}

package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
)

type lettersCmd struct {
	List   lettersList   `cmd:"" help:"List messages that could not be taken in, the newest first."`
	Show   lettersShow   `cmd:"" help:"Print one with its body."`
	Replay lettersReplay `cmd:"" help:"Take messages in now; what waits behind them follows."`
	Drop   lettersDrop   `cmd:"" help:"Close messages without taking them in; what waits behind them goes on."`
}

// letter is a dead letter as the API gives it.
type letter struct {
	ID, State, Broker, Topic, Key, Code, Reason string
	Tries                                       int
	ArrivedAt                                   time.Time `json:"arrived_at"`
}

type lettersList struct {
	client  `embed:""`
	listing `embed:""`
	State   string `default:"retrying,dead,waiting" help:"Any of retrying, dead, waiting, replayed and dropped, separated by commas."`
	Limit   int    `default:"100" help:"At most so many; 0: all."`
}

// Run prints one line a letter.
func (c *lettersList) Run(e env) error {
	s := c.sheet(e, "ID\tSTATE\tTRIES\tARRIVED\tTOPIC\tREASON")
	return s.end(eachOf(e, c.client, "/dead-letters", url.Values{"state": {c.State}}, c.Limit, func(l letter, raw json.RawMessage) error {
		return s.row(raw, "%s\t%s\t%d\t%s\t%s\t%s", l.ID, l.State, l.Tries, l.ArrivedAt.Format(time.RFC3339), l.Topic, l.Reason)
	}))
}

type lettersShow struct {
	client `embed:""`
	ID     string `arg:"" help:"As list prints it."`
}

// Run prints everything that is known of a letter.
func (c *lettersShow) Run(e env) error {
	var all map[string]any
	if err := c.callJSON(e.ctx, "GET", "/dead-letters/"+c.ID, nil, &all); err != nil {
		return err
	}
	out := json.NewEncoder(e.stdout)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(all)
}

type lettersReplay struct{ lettersAct }

// Run takes the letters in.
func (c *lettersReplay) Run(e env) error { return c.each(e, "replay") }

type lettersDrop struct{ lettersAct }

// Run closes the letters.
func (c *lettersDrop) Run(e env) error { return c.each(e, "drop") }

type lettersAct struct {
	client `embed:""`
	IDs    []string `arg:"" name:"id" help:"As list prints them."`
}

// each does one thing to every letter named, and goes on after a failure.
func (c *lettersAct) each(e env, action string) error {
	var failed []string
	for _, id := range c.IDs {
		var l letter
		if err := c.callJSON(e.ctx, "POST", "/dead-letters/"+id+"/"+action, nil, &l); err != nil {
			failed = append(failed, fmt.Sprintf("%s: %v", id, err))
			continue
		}
		_, _ = fmt.Fprintln(e.stdout, l.ID, l.State)
	}
	if len(failed) > 0 {
		return fmt.Errorf("%d of %d failed:\n%s", len(failed), len(c.IDs), strings.Join(failed, "\n"))
	}
	return nil
}

type brokersCmd struct {
	client  `embed:""`
	listing `embed:""`
}

// broker is a broker as the API gives it.
type broker struct {
	Name, Addr, Problem string
	Up                  bool
	Lag, Sent           int64
}

// Run prints one line a broker.
func (c *brokersCmd) Run(e env) error {
	s := c.sheet(e, "BROKER\tSTATE\tLAG\tSENT\tADDRESS\tPROBLEM")
	return s.end(eachOf(e, c.client, "/brokers", nil, 0, func(b broker, raw json.RawMessage) error {
		state := "up"
		if !b.Up {
			state = "down"
		}
		return s.row(raw, "%s\t%s\t%d\t%d\t%s\t%s", b.Name, state, b.Lag, b.Sent, b.Addr, b.Problem)
	}))
}

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
)

type audiencesCmd struct {
	Erase  audiencesErase  `cmd:"" help:"Forget people everywhere. Reads one JSON object a line from standard input, such as {\"email\":\"...\"}, so that nobody stands in a process list."`
	Upload audiencesUpload `cmd:"" help:"Upload a file of members to an audience."`
}

type audiencesErase struct {
	client  `embed:""`
	Partner string `help:"The partner's id, when the key is an administrator's."`
}

// Run erases everybody it reads, or nobody when a line cannot be read.
func (c *audiencesErase) Run(e env) error { return c.erase(e, os.Stdin) }

func (c *audiencesErase) erase(e env, from io.Reader) error {
	var people []map[string]string
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var person map[string]string
		if err := json.Unmarshal(lines.Bytes(), &person); err != nil {
			return fmt.Errorf("line %d is no JSON object with email, phone, external_id or device_id", len(people)+1)
		}
		people = append(people, person)
	}
	if err := lines.Err(); err != nil {
		return err
	}
	path := "/audiences/erase"
	if c.Partner != "" {
		path += "?" + url.Values{"partner_id": {c.Partner}}.Encode()
	}
	var done struct{ People, Audiences int }
	if err := c.callJSON(e.ctx, "POST", path, map[string]any{"people": people}, &done); err != nil {
		return err
	}
	_, err := fmt.Fprintf(e.stdout, "%d of %d were known; they are forgotten, and were in %d audiences\n", done.People, len(people), done.Audiences)
	return err
}

type audiencesUpload struct {
	client   `embed:""`
	Audience string `arg:"" help:"The audience's id."`
	File     string `arg:"" type:"existingfile" help:"CSV with a header line, or NDJSON."`
}

// Run sends the file as it is read, and says what became of it.
func (c *audiencesUpload) Run(e env) error {
	file, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	var done struct {
		State, Stage          string
		Size, Accepted, Added int64
		Rejected              int64 `json:"rejected_total"`
	}
	if err := c.call(e.ctx, "POST", "/audiences/"+c.Audience+"/members", "application/octet-stream", file, &done); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "%s: %d lines taken, %d refused, %d people new; the audience has %d and is %s\n",
		done.Stage, done.Accepted, done.Rejected, done.Added, done.Size, done.State)
	return err
}

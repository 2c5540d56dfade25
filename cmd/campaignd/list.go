package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"text/tabwriter"
)

// listing is how a list is printed: as a table for people, or for programs as
// the API gives it.
type listing struct {
	JSON bool `help:"Print items as JSON, one a line, as the API gives them."`
}

// sheet is a list that is being printed. Its head waits for the first row, so
// that nothing but the reason is printed when there is nothing to list.
type sheet struct {
	listing
	e    env
	head string
	w    *tabwriter.Writer // nil until the head is printed
}

func (l listing) sheet(e env, head string) *sheet { return &sheet{listing: l, e: e, head: head} }

// row prints an item, by its JSON or in cells that are parted by tabs.
func (s *sheet) row(item json.RawMessage, cells string, args ...any) error {
	if s.JSON {
		var line bytes.Buffer
		if err := json.Compact(&line, item); err != nil {
			return err
		}
		_, err := fmt.Fprintln(s.e.stdout, line.String())
		return err
	}
	s.begin()
	_, err := fmt.Fprintf(s.w, cells+"\n", args...)
	return err
}

func (s *sheet) begin() {
	if s.w == nil && !s.JSON {
		s.w = tabwriter.NewWriter(s.e.stdout, 0, 4, 2, ' ', 0)
		_, _ = fmt.Fprintln(s.w, s.head)
	}
}

// end finishes the list, with what went wrong on the way.
func (s *sheet) end(err error) error {
	if err == nil {
		s.begin()
	}
	if s.w != nil {
		err = errors.Join(err, s.w.Flush())
	}
	return err
}

// maxPage is how many items the API gives at once, at most.
const maxPage = 200

// eachOf visits the items of a list page by page, the first so many of them, or
// all of them when most is 0.
func eachOf[T any](e env, c client, path string, query url.Values, most int, visit func(T, json.RawMessage) error) error {
	if query == nil {
		query = url.Values{}
	}
	for left := most; ; {
		size := maxPage
		if most > 0 {
			size = min(left, maxPage)
		}
		query.Set("limit", strconv.Itoa(size))
		var page struct {
			Items []json.RawMessage
			Next  string `json:"next_cursor"`
		}
		if err := c.callJSON(e.ctx, "GET", path+"?"+query.Encode(), nil, &page); err != nil {
			return err
		}
		for _, raw := range page.Items {
			var item T
			if err := json.Unmarshal(raw, &item); err != nil {
				return err
			}
			if err := visit(item, raw); err != nil {
				return err
			}
		}
		left -= len(page.Items)
		if page.Next == "" || most > 0 && left <= 0 {
			return nil
		}
		query.Set("cursor", page.Next)
	}
}

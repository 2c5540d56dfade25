package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

// letters answers with so many dead letters, page by page.
func letters(t *testing.T, n int) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
		limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
		if err != nil || limit < 1 || limit > maxPage || r.URL.Query().Get("state") == "none" {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = fmt.Fprint(w, `{"title":"Refused","detail":"There is no such state."}`)
			return
		}
		page := map[string]any{"items": []any{}, "next_cursor": nil}
		var items []any
		for i := from; i < min(n, from+limit); i++ {
			items = append(items, map[string]any{"id": fmt.Sprintf("letter-%d", i), "state": "dead", "tries": 3})
		}
		if page["items"] = items; from+limit < n {
			page["next_cursor"] = strconv.Itoa(from + limit)
		}
		_ = json.NewEncoder(w).Encode(page)
	}))
	t.Cleanup(server.Close)
	return server
}

func TestListsAreReadToTheirEnd(t *testing.T) {
	server := letters(t, 450)
	list := func(args ...string) (string, int) {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), append([]string{"dead-letters", "list", "--url", server.URL, "--key", adminKey}, args...), &stdout, &stderr)
		return stdout.String(), code
	}
	for name, tt := range map[string]struct {
		args        []string
		lines, code int
		first       string
	}{
		"as many as usual": {nil, 101, 0, "ID "},
		"more than a page": {[]string{"--limit", "333"}, 334, 0, "ID "},
		"all":              {[]string{"--limit", "0"}, 451, 0, "ID "},
		"for programs":     {[]string{"--limit", "201", "--json"}, 201, 0, `{"id":"letter-0"`},
		"refused":          {[]string{"--state", "none"}, 0, 1, ""},
	} {
		out, code := list(tt.args...)
		if got := strings.Count(out, "\n"); got != tt.lines || code != tt.code || !strings.HasPrefix(out, tt.first) {
			t.Errorf("%s: %d lines, ended with %d:\n%.200s", name, got, code, out)
		}
		if strings.Count(out, "letter-0") > 1 {
			t.Errorf("%s: one twice", name)
		}
	}
}

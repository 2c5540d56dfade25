package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// Meta's official SDK takes the sandbox for Meta.
func TestMetasOwnSDKDrivesTheSandbox(t *testing.T) {
	node := testenv.MetaSDK(t)
	s := New(Config{Seed: 3})
	server := httptest.NewServer(s)
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, "testdata/sdk.js")
	day := func(d int) string { return time.Now().AddDate(0, 0, d).Format(time.DateOnly) }
	cmd.Env = append(os.Environ(), "GRAPH="+server.URL, "SINCE="+day(-2), "UNTIL="+day(3))
	text, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		errors.As(err, &exit)
		t.Fatalf("%v\n%+v", err, exit)
	}
	var out struct {
		Account     map[string]string
		IDs         []string
		Ad, Paused  map[string]string
		Listed      []string
		Videos      []string
		Early, Film string

		Liked, Unknown string // an interest that was found, and what is said of one that is none
		Rows           int
		Impressions    int64
		Refused        []string
	}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if out.Account["currency"] != "USD" || len(out.IDs) != 3 || out.Ad["effective_status"] != "ACTIVE" || out.Ad["adset_id"] != out.IDs[1] {
		t.Errorf("made %s", text)
	}
	if out.Paused["status"] != "PAUSED" || len(out.Listed) != 1 || out.Rows < 20 || out.Impressions == 0 || out.Impressions > s.Delivered("meta").Impressions {
		t.Errorf("read %s of %+v", text, s.Delivered("meta"))
	}
	if len(out.Videos) != 1 || out.Videos[0] != "cm-film ready" || out.Film == "" || !strings.Contains(out.Early, "still being processed") {
		t.Errorf("videos in %s", text)
	}
	if out.Liked != "Climbing interests" || !strings.Contains(out.Unknown, "cannot be used for targeting") || len(s.Interests(out.IDs[1])) != 1 {
		t.Errorf("interests in %s", text)
	}
	wanted := []string{"name is required", "objective must be one of", "special_ad_categories is required", "whole number", "Unexpected parameter colour"}
	for i, part := range wanted {
		if i >= len(out.Refused) || !strings.HasPrefix(out.Refused[i], "100 ") || !strings.Contains(out.Refused[i], part) {
			t.Errorf("refusals %q, want %q", out.Refused, part)
			break
		}
	}
}

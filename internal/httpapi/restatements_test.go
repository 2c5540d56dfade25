package httpapi_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"
)

// report sends one event; more are further members of it.
func (h *house) report(id, campaign string, at time.Time, more string) {
	h.Helper()
	body := fmt.Sprintf(`{"events":[{"event_id":%q,"campaign_id":%q,"occurred_at":%q,%s}]}`, id, campaign, at.Format(time.RFC3339), more)
	if got := h.call(h.ingest, "POST", "/api/v1/metrics", body).want(http.StatusOK); got.num("accepted") != 1 {
		h.Fatalf("%s: %s", body, got.text)
	}
}

func (h *house) read(path string, query ...string) *answer {
	h.Helper()
	values := url.Values{}
	for i := 0; i < len(query); i += 2 {
		values.Set(query[i], query[i+1])
	}
	return h.call(h.analyst, "GET", path+"?"+values.Encode(), nil)
}

// TestAThousandRestatements is F11: what was known is answered to the byte, the
// latest is what is known last, and the differences add up to it.
func TestAThousandRestatements(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.active()
	yesterday := h.clock().AddDate(0, 0, -1)
	h.report("first", path.Base(at), yesterday, `"source":"meta","metrics":{"conversions":1000,"revenue":"5000.00","spend":"100.00"}`)
	before := h.read(at+"/metrics", "granularity", "day").want(http.StatusOK)
	known := before.str("known_at")
	before = h.read(at+"/metrics", "granularity", "day", "known_at", known).want(http.StatusOK)
	n, sum := 1000, 0
	if testing.Short() {
		n = 100
	}
	for i := range n {
		change := i%7 - 3
		if change == 0 {
			change = 2
		}
		sum += change
		h.sleep(time.Second)
		h.report(fmt.Sprintf("r%d", i), path.Base(at), yesterday, fmt.Sprintf(
			`"source":"meta","restates":{"cause":"late_conversion","reference":"batch %d"},"metrics":{"conversions":%d,"revenue":"%d.00"}`, i%30, change, 5*change))
		if i%100 == 7 {
			then := h.read(at+"/metrics", "granularity", "day", "known_at", known).want(http.StatusOK)
			if !bytes.Equal(then.text, before.text) {
				t.Fatalf("after %d restatements\n%s\nwas %s", i+1, then.text, before.text)
			}
		}
	}
	now := h.read(at+"/metrics", "granularity", "day").want(http.StatusOK)
	if got := now.num("items.0.metrics.conversions"); got != float64(1000+sum) {
		t.Errorf("%v conversions, want %d", got, 1000+sum)
	}
	got := h.read(at+"/metrics/restatements", "between", known+","+now.str("known_at")).want(http.StatusOK)
	if got.len("items") != 1 || got.num("items.0.before.metrics.conversions") != 1000 || got.num("items.0.after.metrics.conversions") != float64(1000+sum) ||
		got.num("items.0.delta.metrics.conversions") != float64(sum) || got.str("items.0.day") != yesterday.Format(time.DateOnly) ||
		got.str("items.0.causes.0.cause") != "late_conversion" || got.num("items.0.causes.0.events") != float64(n) ||
		got.len("items.0.causes.0.references") != 20 || got.at("items.0.causes.0.more") != true || got.str("items.0.causes.0.sources.0") != "meta" {
		t.Errorf("restatements %s", got.text)
	}
	if got := h.restated(); got != n {
		t.Errorf("%d restatement events of %d commits", got, n)
	}
}

// restated counts the partner's events of restatements.
func (h *house) restated() (count int) {
	h.Helper()
	for after := 0.0; ; {
		feed := h.read("/api/v1/events", "limit", "1000", "after", fmt.Sprintf("%.0f", after)).want(http.StatusOK)
		count += strings.Count(string(feed.text), `"performance.restated"`)
		if feed.len("items") == 0 {
			return count
		}
		after = feed.num("next_after")
	}
}

// Late data that says nothing is told apart from what states its cause, and a
// day that only runs on is no restatement.
func TestRestatementsSayWhy(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.active()
	id, today := path.Base(at), h.clock()
	yesterday := today.AddDate(0, 0, -1)
	h.report("a", id, today, `"metrics":{"clicks":10,"impressions":100}`)
	if got := h.read(at + "/metrics/restatements").want(http.StatusOK); got.len("items") != 0 {
		t.Errorf("a running day is restated: %s", got.text)
	}
	known := h.read(at + "/metrics").str("known_at")
	h.report("b", id, yesterday, `"metrics":{"clicks":5,"impressions":50}`)
	h.report("c", id, yesterday, `"restates":{"cause":"invalid_traffic","reference":"IVT-9"},"metrics":{"clicks":-2}`)
	h.report("d", id, today, `"restates":{"cause":"refund"},"metrics":{"clicks":-1}`)
	got := h.read(at+"/metrics/restatements", "between", known+",2030-01-01T00:00:00Z").want(http.StatusOK)
	if got.len("items") != 2 || got.str("items.1.causes.0.cause") != "invalid_traffic" || got.str("items.1.causes.1.cause") != "late" ||
		got.num("items.1.causes.0.delta.clicks") != -2 || got.num("items.1.delta.metrics.clicks") != 3 || got.str("items.0.causes.0.cause") != "refund" ||
		got.str("items.1.before.kpis.ctr.reason") != "no_impressions" || got.at("items.1.delta.kpis.ctr.value") != nil ||
		got.num("items.0.before.metrics.clicks") != 10 || got.num("items.0.after.metrics.clicks") != 9 {
		t.Errorf("restatements %s", got.text)
	}
	first := h.read(at+"/metrics/restatements", "between", known+",2030-01-01T00:00:00Z", "limit", "1").want(http.StatusOK)
	second := h.read(at+"/metrics/restatements", "between", known+",2030-01-01T00:00:00Z", "limit", "1", "cursor", first.str("next_cursor")).want(http.StatusOK)
	if first.str("items.0.day") <= second.str("items.0.day") || second.str("next_cursor") != "" {
		t.Errorf("pages %s %s", first.text, second.text)
	}
	for _, between := range []string{"x", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z,yesterday", "2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,2026-01-03T00:00:00Z"} {
		h.read(at+"/metrics/restatements", "between", between).refused(http.StatusBadRequest, "malformed_request")
	}
	h.read(at+"/metrics/restatements", "between", "2026-01-02T00:00:00Z,2026-01-01T00:00:00Z").refused(http.StatusUnprocessableEntity, "invalid_range")
	h.read(at+"/metrics/restatements", "cursor", "!").refused(http.StatusBadRequest, "invalid_cursor")
	events := h.read(at + "/metrics/events").want(http.StatusOK)
	if !strings.Contains(string(events.text), `"restates":{"cause":"invalid_traffic","reference":"IVT-9"}`) {
		t.Errorf("the log does not say why: %s", events.text)
	}
}

// A day of which nothing was known is reported late and restates nothing, until
// more is said of it.
func TestAFirstReportIsNoRestatement(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.active()
	known := h.read(at + "/metrics").str("known_at")
	old := h.clock().AddDate(0, 0, -3)
	h.report("a", path.Base(at), old, `"metrics":{"clicks":10}`)
	h.report("b", path.Base(at), old.AddDate(0, 0, -1), `"restates":{"cause":"correction"},"metrics":{"clicks":10}`)
	got := h.read(at+"/metrics/restatements", "between", known+",2030-01-01T00:00:00Z").want(http.StatusOK)
	if got.len("items") != 2 || got.at("items.0.first_report") != true || got.at("items.1.first_report") != false {
		t.Errorf("first reports %s", got.text)
	}
	known = h.read(at + "/metrics").str("known_at")
	h.report("c", path.Base(at), old, `"metrics":{"clicks":1}`)
	got = h.read(at+"/metrics/restatements", "between", known+",2030-01-01T00:00:00Z").want(http.StatusOK)
	if got.len("items") != 1 || got.at("items.0.first_report") != false || got.num("items.0.before.metrics.clicks") != 10 {
		t.Errorf("a change of a reported day %s", got.text)
	}
}

// The event of a restatement names the days that were over, once a commit.
func TestARestatementIsAnEvent(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.active()
	old := h.clock().AddDate(0, 0, -90)
	h.report("first", path.Base(at), old, `"metrics":{"clicks":3}`)
	h.report("late", path.Base(at), old, `"metrics":{"clicks":5,"spend":"1.50"}`)
	h.report("stated", path.Base(at), old.AddDate(0, 0, 1), `"restates":{"cause":"correction"},"metrics":{"clicks":7}`)
	h.report("now", path.Base(at), h.clock(), `"metrics":{"clicks":5}`)
	feed := string(h.call(h.analyst, "GET", "/api/v1/events?limit=1000", nil).want(http.StatusOK).text)
	day := old.Format(time.DateOnly)
	if strings.Count(feed, `"performance.restated"`) != 2 || strings.Contains(feed, `{"day":"`+day+`","delta":{"clicks":3`) || !strings.Contains(feed, `"causes":{"correction":1}`) || !strings.Contains(feed, `{"day":"`+day+`","delta":{"clicks":5,"spend":"1.5`) || !strings.Contains(feed, `"causes":{"late":1}`) {
		t.Errorf("the feed says %s", feed)
	}
}

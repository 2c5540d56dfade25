package httpapi_test

import (
	"fmt"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"
)

// Questions that cannot be answered, or only just, are answered as the contract
// says, by campaigns and by partners alike.
func TestOddQuestionsOfMetrics(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.active()
	h.report("one", path.Base(at), h.clock().Add(-time.Hour), `"channel":"social","metrics":{"clicks":3,"impressions":100}`)
	for _, of := range []string{at + "/metrics", "/api/v1/partners/" + h.id + "/metrics"} {
		for name, c := range map[string]struct {
			query []string
			want  int
			code  string
		}{
			"ten years by minute":        {[]string{"granularity", "minute", "from", "2016-03-01T00:00:00Z", "to", "2026-03-01T00:00:00Z"}, http.StatusUnprocessableEntity, "invalid_range"},
			"from is to":                 {[]string{"from", "2026-03-01T00:00:00Z", "to", "2026-03-01T00:00:00Z"}, http.StatusUnprocessableEntity, "invalid_range"},
			"from is to, in two offsets": {[]string{"from", "2026-03-01T00:00:00Z", "to", "2026-03-01T02:00:00+02:00"}, http.StatusUnprocessableEntity, "invalid_range"},
			"from after to":              {[]string{"from", "2026-03-02T00:00:00Z", "to", "2026-03-01T00:00:00Z"}, http.StatusUnprocessableEntity, "invalid_range"},
			"the year 10000":             {[]string{"from", "2026-03-01T00:00:00Z", "to", "10000-01-01T00:00:00Z"}, http.StatusBadRequest, "malformed_request"},
			"known in the year 10000":    {[]string{"known_at", "10000-01-01T00:00:00Z"}, http.StatusBadRequest, "malformed_request"},
			"a zone, which days are not": {[]string{"timezone", "America/Bogota"}, http.StatusBadRequest, ""},
			"an unknown zone":            {[]string{"timezone", "Mars/Olympus"}, http.StatusBadRequest, ""},
			"the same twice":             {[]string{"group_by", "channel,channel"}, http.StatusUnprocessableEntity, "invalid_group_by"},
			"no such dimension":          {[]string{"group_by", "planet"}, http.StatusUnprocessableEntity, "invalid_group_by"},
		} {
			got := h.read(of, c.query...).want(c.want)
			if c.code != "" && got.str("code") != c.code || !strings.Contains(got.Header.Get("Content-Type"), "problem+json") {
				t.Errorf("%s of %s: %s", name, of, got.text)
			}
		}
		// Offsets are moments: these bound the same hour, from either side of the earth.
		for _, bounds := range [][2]string{
			{"2026-03-02T14:00:00Z", "2026-03-02T15:00:00Z"},
			{"2026-03-02T09:00:00-05:00", "2026-03-03T00:00:00+09:00"},
			{"2026-03-02T19:45:00+05:45", "2026-03-02T20:45:00.000000+05:45"},
		} {
			got := h.read(of, "from", bounds[0], "to", bounds[1], "at", bounds[1], "granularity", "hour").want(http.StatusOK)
			if got.len("items") != 1 || got.num("items.0.metrics.clicks") != 3 || got.str("items.0.from") != "2026-03-02T14:00:00Z" {
				t.Errorf("%v of %s: %s", bounds, of, got.text)
			}
		}
		now := h.read(of).want(http.StatusOK)
		future := h.read(of, "known_at", "2999-01-01T00:00:00+01:00").want(http.StatusOK)
		if future.at("known_at_cut") != true || future.num("items.0.metrics.clicks") != 3 || now.at("known_at_cut") != false {
			t.Errorf("known in the future, of %s: %s", of, future.text)
		}
		if again := h.read(of, "known_at", future.str("known_at")).want(http.StatusOK); again.at("known_at_cut") != false {
			t.Errorf("what is settled is cut: %s", again.text)
		}
	}
}

// Every value of a dimension is an item, a thousand of them too.
func TestAThousandValuesOfADimension(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.active()
	var events []string
	for i := range 1000 {
		events = append(events, fmt.Sprintf(`{"event_id":"v%d","campaign_id":%q,"occurred_at":%q,"creative":"creative %04d","metrics":{"clicks":%d}}`,
			i, path.Base(at), h.clock().Format(time.RFC3339), i, i+1))
	}
	body := `{"events":[` + strings.Join(events, ",") + `]}`
	if got := h.call(h.ingest, "POST", "/api/v1/metrics", body).want(http.StatusOK); got.num("accepted") != 1000 {
		t.Fatal(string(got.text))
	}
	for _, of := range []string{at + "/metrics", "/api/v1/partners/" + h.id + "/metrics"} {
		got := h.read(of, "group_by", "creative").want(http.StatusOK)
		if got.len("items") != 1000 || got.str("items.0.group.creative") != "creative 0000" || got.num("items.9.metrics.clicks") != 10 || !strings.Contains(string(got.text), `"creative":"creative 0999"`) {
			t.Errorf("%s: %d items, %.300s", of, got.len("items"), got.text)
		}
	}
}

// Cairo's 24 April 2026 begins at one o'clock: clocks go from midnight to it.
func TestADayWithoutMidnight(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	h.sleep(54 * 24 * time.Hour)
	made := h.call(h.manager, "POST", "/api/v1/campaigns", strings.Replace(draft, `"name"`, `"timezone":"Africa/Cairo","name"`, 1)).want(http.StatusCreated)
	at := made.Header.Get("Location")
	h.call(h.manager, "PUT", at+"/targeting", people, "If-Match", `"1"`).want(http.StatusOK)
	h.call(h.manager, "PUT", at+"/creatives", `[{"name":"Summit","format":"image","url":"https://cdn.example.com/summit.png","channel":"social"}]`, "If-Match", `"2"`).want(http.StatusOK)
	now := h.clock()
	h.call(h.manager, "POST", at+"/schedule", map[string]any{"start": now, "end": now.AddDate(0, 0, 30), "launch": "manual"}).want(http.StatusOK)
	h.call(h.manager, "POST", at+"/launch", nil).want(http.StatusOK)
	begin := time.Date(2026, 4, 23, 22, 0, 0, 0, time.UTC) // 01:00 of the 24th; a second before it was the 23rd
	h.report("before", path.Base(at), begin.Add(-time.Second), `"metrics":{"clicks":1}`)
	h.report("first", path.Base(at), begin, `"metrics":{"clicks":10}`)
	h.report("last", path.Base(at), begin.Add(23*time.Hour-time.Second), `"metrics":{"clicks":100}`)
	h.report("after", path.Base(at), begin.Add(23*time.Hour), `"metrics":{"clicks":1000}`)
	for _, of := range []string{at + "/metrics", "/api/v1/partners/" + h.id + "/metrics"} {
		got := h.read(of, "granularity", "day", "from", "2026-04-20T00:00:00+02:00", "to", "2026-04-26T00:00:00+03:00").want(http.StatusOK)
		if got.len("items") != 3 || got.num("items.1.metrics.clicks") != 110 || got.str("items.1.from") != "2026-04-23T22:00:00Z" || got.str("items.1.to") != "2026-04-24T21:00:00Z" {
			t.Errorf("%s: %s", of, got.text)
		}
	}
	got := h.read(at+"/metrics/restatements", "between", now.Add(-time.Hour).Format(time.RFC3339)+",2030-01-01T00:00:00Z").want(http.StatusOK)
	if got.len("items") != 2 || got.str("items.0.day") != "2026-04-24" || got.str("items.0.from") != "2026-04-23T22:00:00Z" || got.at("items.0.first_report") != true {
		t.Errorf("restatements %s", got.text)
	}
}

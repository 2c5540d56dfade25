package httpapi_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"
)

// facts is a body of events that are n seconds apart.
func facts(campaign string, from time.Time, n int) string {
	var events []string
	for i := range n {
		events = append(events, fmt.Sprintf(`{"event_id":"e%d","campaign_id":%q,"occurred_at":%q,"channel":"social","source":"test","metrics":{"impressions":1000,"clicks":20,"conversions":1,"spend":"1.25","revenue":"5.00"},"custom":{"saves":2}}`,
			i, campaign, from.Add(time.Duration(i)*time.Second).Format(time.RFC3339)))
	}
	return `{"events":[` + strings.Join(events, ",") + `]}`
}

func TestDeliveryIsCountedOnceAndRead(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.active()
	body := facts(path.Base(at), h.clock().Add(-time.Minute), 3)
	rehearsed := h.call(h.ingest, "POST", "/api/v1/metrics?validate_only=true", body).want(http.StatusOK)
	first := h.call(h.ingest, "POST", "/api/v1/metrics", body).want(http.StatusOK)
	again := h.call(h.ingest, "POST", "/api/v1/metrics", body).want(http.StatusOK)
	if rehearsed.num("accepted") != 3 || first.num("accepted") != 3 || first.num("duplicates") != 0 || again.num("accepted") != 0 || again.num("duplicates") != 3 {
		t.Errorf("%s %s %s", rehearsed.text, first.text, again.text)
	}
	total := h.call(h.analyst, "GET", at+"/metrics", nil).want(http.StatusOK)
	if total.num("items.0.metrics.impressions") != 3000 || total.str("items.0.metrics.spend.amount") != "3.75" || total.num("items.0.metrics.custom.saves") != 6 ||
		total.num("items.0.kpis.ctr.value") != 0.02 || total.str("items.0.kpis.cpa.value.amount") != "1.25" || total.str("items.0.kpis.frequency.reason") != "no_reach" {
		t.Errorf("total %s", total.text)
	}
	if got := h.call(h.analyst, "GET", at+"/metrics?granularity=hour&group_by=channel,country", nil).want(http.StatusOK); got.str("items.0.group.channel") != "social" || got.str("items.0.from") == "" {
		t.Errorf("by hour %s", got.text)
	}
	known := url.Values{"known_at": {total.str("known_at")}}.Encode()
	h.call(h.ingest, "POST", "/api/v1/metrics", strings.ReplaceAll(body, `:"e`, `:"late`)).want(http.StatusOK)
	if then := h.call(h.analyst, "GET", at+"/metrics?"+known, nil).want(http.StatusOK); !bytes.Equal(then.text, total.text) {
		t.Errorf("as known then %s\nwas %s", then.text, total.text)
	}
	budget := h.call(h.finance, "GET", at+"/budget", nil).want(http.StatusOK)
	if budget.str("settled.amount") != "7.50" || budget.str("available.amount") != "92.50" || budget.len("thresholds") != 4 || budget.str("pacing.status") == "" {
		t.Errorf("budget %s", budget.text)
	}
}

func TestRawLogIsReadByCursor(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.active()
	h.call(h.ingest, "POST", "/api/v1/metrics", facts(path.Base(at), h.clock(), 5)).want(http.StatusOK)
	var ids []string
	for cursor := ""; ; {
		page := h.call(h.analyst, "GET", at+"/metrics/events?limit=2&cursor="+cursor, nil).want(http.StatusOK)
		for i := range page.len("items") {
			ids = append(ids, page.str(fmt.Sprintf("items.%d.event_id", i)))
		}
		if cursor = page.str("next_cursor"); cursor == "" {
			break
		}
	}
	if strings.Join(ids, " ") != "e0 e1 e2 e3 e4" {
		t.Errorf("read %v", ids)
	}
	h.call(h.analyst, "GET", at+"/metrics/events?cursor=x", nil).refused(http.StatusBadRequest, "invalid_cursor")
}

func TestDeliveryInLinesAndCSV(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.active()
	id, when := path.Base(at), h.clock().Format(time.RFC3339)
	lines := fmt.Sprintf("{\"event_id\":\"a\",\"campaign_id\":%q,\"occurred_at\":%q,\"metrics\":{\"clicks\":1}}\nnonsense\n{\"event_id\":\"b\",\"campaign_id\":%q,\"occurred_at\":%q,\"metrics\":{\"clicks\":2}}\n", id, when, id, when)
	if got := h.call(h.ingest, "POST", "/api/v1/metrics", lines, "Content-Type", "application/x-ndjson").want(http.StatusOK); got.num("accepted") != 2 || got.num("rejected.0.index") != 1 {
		t.Errorf("lines: %s", got.text)
	}
	table := fmt.Sprintf("event_id,campaign_id,occurred_at,clicks,spend\nc,%s,%s,4,0.10\nd,%s,%s,1e400,0\n", id, when, newID(), when)
	if got := h.call(h.ingest, "POST", "/api/v1/metrics", table, "Content-Type", "text/csv; charset=utf-8").want(http.StatusOK); got.num("accepted") != 1 || got.num("rejected.0.index") != 1 {
		t.Errorf("table: %s", got.text)
	}
	if got := h.call(h.analyst, "GET", at+"/metrics", nil).num("items.0.metrics.clicks"); got != 7 {
		t.Errorf("%v clicks, want 7", got)
	}
}

func TestBadDeliveryIsRefusedByIndex(t *testing.T) {
	w := newWorld(t)
	h, other := newHouse(w, "Andes"), newHouse(w, "Patagonia")
	at := h.active()
	foreign := path.Base(other.active())
	body := strings.Replace(facts(path.Base(at), h.clock(), 3), path.Base(at), foreign, 1)
	got := h.call(h.ingest, "POST", "/api/v1/metrics", strings.Replace(body, `"clicks":20`, `"clicks":-9000`, 2)).want(http.StatusOK)
	if got.num("accepted")+float64(got.len("rejected")) != 3 || got.str("rejected.0.code") != "campaign_not_found" {
		t.Errorf("answered %s", got.text)
	}
	for name, c := range map[string]struct {
		body, contentType string
		status            int
	}{
		"not JSON":       {`{"events":`, "application/json", 400},
		"no events":      {`{}`, "application/json", 400},
		"unknown member": {`{"events":[],"more":1}`, "application/json", 400},
		"media type":     {`x`, "application/xml", 400},
		"no header":      {``, "text/csv", 400},
		"too large":      {`{"events":[` + strings.Repeat(" ", 3<<20) + `]}`, "application/json", 413},
	} {
		if got := h.call(h.ingest, "POST", "/api/v1/metrics", c.body, "Content-Type", c.contentType); got.StatusCode != c.status || got.str("fix") == "" {
			t.Errorf("%s: %d %s", name, got.StatusCode, got.text)
		}
	}
	h.call(h.ingest, "POST", "/api/v1/metrics?validate_onyl=true", facts(path.Base(at), h.clock(), 1)).refused(http.StatusBadRequest, "malformed_request")
	h.call(h.ingest, "POST", "/api/v1/metrics?validate_only=maybe", facts(path.Base(at), h.clock(), 1)).refused(http.StatusBadRequest, "malformed_request")
}

func TestWrongQuestionsAboutMetrics(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.draft()
	for query, want := range map[string]struct {
		status int
		code   string
	}{
		"from=yesterday":   {400, "malformed_request"},
		"granularity=week": {400, "malformed_request"},
		"group_by=colour":  {422, "invalid_group_by"},
		"from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z":                    {422, "invalid_range"},
		"granularity=minute&from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z": {422, "invalid_range"},
		"form=2026-02-01T00:00:00Z":                                            {400, "malformed_request"},
	} {
		h.call(h.analyst, "GET", at+"/metrics?"+query, nil).refused(want.status, want.code)
	}
	if got := h.call(h.analyst, "GET", at+"/metrics", nil).want(http.StatusOK); got.len("items") != 0 && got.num("items.0.metrics.impressions") != 0 {
		t.Errorf("nothing was delivered, and the answer is %s", got.text)
	}
}

func TestFeedTellsEverythingInOrder(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	h.active()
	all := h.call(h.analyst, "GET", "/api/v1/events?limit=1000", nil).want(http.StatusOK)
	if all.num("next_after") != float64(h.seq(h.id)) || all.str("items.0.type") != "partner.created" {
		t.Errorf("fed %s", all.text)
	}
	rest := h.call(h.analyst, "GET", "/api/v1/events?after=3&limit=2", nil).want(http.StatusOK)
	if rest.num("items.0.seq") != 4 || rest.num("next_after") != 5 {
		t.Errorf("from 3 on %s", rest.text)
	}
	if end := h.call(h.analyst, "GET", "/api/v1/events?after=5000", nil).want(http.StatusOK); end.num("next_after") != 5000 || end.len("items") != 0 {
		t.Errorf("at the end %s", end.text)
	}
	h.call(adminSecret, "GET", "/api/v1/events", nil).refused(http.StatusUnprocessableEntity, "partner_required")
	h.call(adminSecret, "GET", "/api/v1/events?partner_id="+h.id, nil).want(http.StatusOK)
}

func TestAlertIsSeenAndEnded(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	id := h.alert(path.Base(h.active()))
	if got := h.call(h.analyst, "GET", "/api/v1/alerts?state=FIRING", nil).want(http.StatusOK); got.str("items.0.id") != id {
		t.Errorf("listed %s", got.text)
	}
	seen := h.call(h.manager, "POST", "/api/v1/alerts/"+id+"/acknowledge", nil).want(http.StatusOK)
	if seen.str("state") != "ACKNOWLEDGED" || seen.str("acknowledged_by") == "" {
		t.Errorf("seen as %s", seen.text)
	}
	if over := h.call(h.manager, "POST", "/api/v1/alerts/"+id+"/resolve", nil).want(http.StatusOK); over.str("state") != "RESOLVED" {
		t.Errorf("ended as %s", over.text)
	}
	if got := h.call(h.analyst, "GET", "/api/v1/alerts?state=FIRING,ACKNOWLEDGED&fields=id", nil).want(http.StatusOK); got.len("items") != 0 {
		t.Errorf("still open: %s", got.text)
	}
}

func TestDashboardShowsThePartnerAtAGlance(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.active()
	h.draft()
	h.alert(path.Base(at))
	h.call(h.ingest, "POST", "/api/v1/metrics", facts(path.Base(at), h.clock(), 4)).want(http.StatusOK)
	glance := h.call(h.analyst, "GET", "/api/v1/partners/"+h.id+"/dashboard", nil).want(http.StatusOK)
	if glance.str("totals.0.metrics.spend.amount") != "5.00" || glance.len("campaigns") != 2 || glance.str("campaigns.1.status") != "ACTIVE" ||
		glance.num("campaigns.1.budget.used") != 0.05 || glance.str("budget_use.0.limit.amount") != "200.00" || glance.len("alerts") != 1 ||
		glance.num("totals.0.kpis.roas.value") != 4 || glance.at("top_suggestions") == nil {
		t.Errorf("at a glance %s", glance.text)
	}
}

func TestReportComesInThreeForms(t *testing.T) {
	w := newWorld(t)
	h := newHouse(w, "Andes")
	const report = "date,impressions\n2026-02-01,7\n"
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	_ = parts.WriteField("platform", "meta_ads")
	file, _ := parts.CreateFormFile("file", "report.csv")
	_, _ = file.Write([]byte(report))
	_ = parts.Close()
	for _, c := range []struct{ query, body, contentType string }{
		{"?platform=meta_ads", report, "text/csv"},
		{"", form.String(), parts.FormDataContentType()},
		{"", `{"platform":"meta_ads","data":"date,impressions\n2026-02-01,7\n"}`, "application/json"},
	} {
		job := h.call(h.manager, "POST", "/api/v1/imports"+c.query, c.body, "Content-Type", c.contentType, "Idempotency-Key", newID().String()).want(http.StatusCreated)
		if job.num("progress.bytes_total") != float64(len(report)) || job.str("partner_id") != h.id {
			t.Errorf("%s: %s", c.contentType, job.text)
		}
		h.call(h.analyst, "GET", job.Header.Get("Location"), nil).want(http.StatusOK)
	}
	asAdmin := w.call(adminSecret, "POST", "/api/v1/imports?platform=meta_ads&partner_id="+h.id, report, "Content-Type", "text/csv").want(http.StatusCreated)
	w.call(adminSecret, "GET", asAdmin.Header.Get("Location"), nil).want(http.StatusOK)
	for _, c := range []struct {
		query, body, contentType string
		status                   int
	}{
		{"?platform=radio", report, "text/csv", 422},
		{"?platform=meta_ads&campaign_id=x", report, "text/csv", 400},
		{"", `{"platform":"meta_ads"}`, "application/json", 400},
		{"", `{"platform":"meta_ads","data":"x","data":"y"}`, "application/json", 400},
		{"", `{"platform":"meta_ads","colour":"red","data":"x"}`, "application/json", 400},
		{"", report, "multipart/form-data", 400},
		{"", report, "image/png", 400},
		{"", strings.Split(form.String(), "name=\"file\"")[0], parts.FormDataContentType(), 400},
	} {
		if got := h.call(h.manager, "POST", "/api/v1/imports"+c.query, c.body, "Content-Type", c.contentType); got.StatusCode != c.status {
			t.Errorf("%s %s: %d %s", c.contentType, c.query, got.StatusCode, got.text)
		}
	}
}

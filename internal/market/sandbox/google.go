package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/money"
)

// googleVersions are the versions of the Google Ads API that are spoken. What is
// used of it has the same shape in all of them.
var googleVersions = []string{"v24", "v25", "v26"}

func (s *Sandbox) googleRoutes() {
	for _, version := range googleVersions {
		s.mux.HandleFunc("POST /"+version+"/customers/{customer}/{method}", s.googleCall)
		s.mux.HandleFunc("POST /"+version+"/customers/{customer}/offlineUserDataJobs/{job}", s.googleCall)
	}
	s.mux.HandleFunc("POST /token", s.googleToken)
}

// googleError is a refusal in Google's words.
type googleError struct {
	status     int
	canonical  string // INVALID_ARGUMENT, ...
	family     string // campaignError, ...
	code       string // its value
	message    string
	index      int // of the operation; -1 for none
	retryDelay string
}

func (e *googleError) Error() string { return e.message }

func badArgument(family, code, format string, args ...any) *googleError {
	return &googleError{status: http.StatusBadRequest, canonical: "INVALID_ARGUMENT", family: family, code: code, message: fmt.Sprintf(format, args...), index: -1}
}

// detail is the error as one of a GoogleAdsFailure.
func (e *googleError) detail() map[string]any {
	d := map[string]any{"errorCode": map[string]string{e.family: e.code}, "message": e.message}
	if e.index >= 0 {
		d["location"] = map[string]any{"fieldPathElements": []any{map[string]any{"fieldName": "operations", "index": e.index}}}
	}
	if e.retryDelay != "" {
		d["details"] = map[string]any{"quotaErrorDetails": map[string]any{"rateScope": "DEVELOPER", "retryDelay": e.retryDelay}}
	}
	return d
}

// googleToken turns a refresh token into an access token.
func (s *Sandbox) googleToken(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.accounts {
		if a.Platform == "google" && a.Token == r.PostFormValue("refresh_token") && r.PostFormValue("grant_type") == "refresh_token" &&
			r.PostFormValue("client_id") != "" && r.PostFormValue("client_secret") != "" && s.due(r, BadToken) == "" {
			token := fmt.Sprintf("ya29.sandbox-%016x", s.random.Uint64())
			s.access[token] = a.Token
			writeJSON(w, http.StatusOK, map[string]any{"access_token": token, "expires_in": 3599, "token_type": "Bearer", "scope": "https://www.googleapis.com/auth/adwords"})
			return
		}
	}
	writeJSON(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant", "error_description": "Token has been expired or revoked."})
}

func (s *Sandbox) googleCall(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls["google "+r.PathValue("method")]++
	s.settle()
	if s.spoil(w, r) {
		return
	}
	request := s.requestID()
	w.Header().Set("Request-Id", request)
	body, created, err := s.google(r)
	if err == nil && r.PathValue("method") != "googleAds:search" {
		s.note()
	}
	s.noteSometimes()
	if err == nil && created && s.lost(r) {
		hangUp(w)
	}
	if err != nil {
		writeJSON(w, err.status, map[string]any{"error": map[string]any{
			"code": err.status, "message": err.message, "status": err.canonical,
			"details": []any{map[string]any{"@type": "type.googleapis.com/google.ads.googleads.v26.errors.GoogleAdsFailure", "errors": []any{err.detail()}, "requestId": request}},
		}})
		return
	}
	writeJSON(w, http.StatusOK, body)
}

// google answers one call; created says that it has made something.
func (s *Sandbox) google(r *http.Request) (body any, created bool, refused *googleError) {
	a, refused := s.customer(r)
	if refused != nil {
		return nil, false, refused
	}
	text, err := io.ReadAll(io.LimitReader(r.Body, 8<<20))
	if err != nil {
		return nil, false, badArgument("requestError", "UNKNOWN", "The body cannot be read.")
	}
	if job := r.PathValue("job"); job != "" {
		body, refused = s.jobCall(r, a, job, text)
		return body, false, refused
	}
	switch r.PathValue("method") {
	case "offlineUserDataJobs:create":
		body, refused = s.createJob(a, text)
		return body, refused == nil, refused
	case "googleAds:search":
		body, refused = s.search(r, a, text)
		return body, false, refused
	case "googleAds:mutate":
		var in mutateRequest
		if refused := strict(text, &in); refused != nil {
			return nil, false, refused
		}
		return s.mutate(a, in)
	case "adGroupAds:mutate":
		var in adsRequest
		if refused := strict(text, &in); refused != nil {
			return nil, false, refused
		}
		return s.mutateAds(a, in)
	}
	return nil, false, &googleError{status: http.StatusNotFound, canonical: "NOT_FOUND", family: "requestError", code: "RPC_DEADLINE_TOO_SHORT", message: "Method not found.", index: -1}
}

// customer checks the headers and finds the account.
func (s *Sandbox) customer(r *http.Request) (*account, *googleError) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	refresh := s.access[token]
	if refresh == "" || s.due(r, BadToken) != "" {
		delete(s.access, token)
		return nil, &googleError{status: http.StatusUnauthorized, canonical: "UNAUTHENTICATED", family: "authenticationError", code: "OAUTH_TOKEN_INVALID", message: "Request had invalid authentication credentials.", index: -1}
	}
	if r.Header.Get("Developer-Token") == "" {
		return nil, badArgument("requestError", "DEVELOPER_TOKEN_PARAMETER_MISSING", "The developer token is missing.")
	}
	if s.due(r, Throttle) != "" {
		return nil, &googleError{status: http.StatusTooManyRequests, canonical: "RESOURCE_EXHAUSTED", family: "quotaError", code: "RESOURCE_TEMPORARILY_EXHAUSTED", message: "Too many requests. Retry in 30 seconds.", index: -1, retryDelay: "30s"}
	}
	a := s.accounts["google:"+r.PathValue("customer")]
	if a == nil || a.Token != refresh {
		return nil, &googleError{status: http.StatusForbidden, canonical: "PERMISSION_DENIED", family: "authorizationError", code: "USER_PERMISSION_DENIED", message: "User doesn't have permission to access customer.", index: -1}
	}
	return a, nil
}

// strict reads JSON as the REST front does: a field that is not in the request's
// message is refused by name.
func strict(text []byte, into any) *googleError {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		name := err.Error()
		if _, field, ok := strings.Cut(name, "unknown field "); ok {
			return badArgument("requestError", "UNKNOWN", "Invalid JSON payload received. Unknown name %s: Cannot find field.", field)
		}
		return badArgument("requestError", "UNKNOWN", "Invalid JSON payload received. %s", name)
	}
	return nil
}

// googleTerms are how a campaign may deliver.
func (s *Sandbox) googleTerms(c *thing) terms {
	budget := s.named(c.text("campaignBudget"))
	t := terms{
		active: c.text("status") == "ENABLED", overspend: 2, monthly: 30.4, perClick: c.text("advertisingChannelType") == "SEARCH",
		devices: []string{"MOBILE", "DESKTOP"}, start: c.made, end: googleTime(c.text("endDateTime"), c.account.zone),
	}
	if start := googleTime(c.text("startDateTime"), c.account.zone); start.After(t.start) {
		t.start = start
	}
	if budget != nil {
		t.daily, t.total = units(budget.fields["amountMicros"]), units(budget.fields["totalAmountMicros"])
	}
	for _, group := range s.children(c, "ad_group") {
		if group.text("status") == "PAUSED" {
			continue
		}
		t.bid, t.results = c.bid(group, t.perClick)
		for _, ad := range s.children(group, "ad") {
			if ad.text("status") == "ENABLED" && s.passed(ad) {
				t.ads = append(t.ads, ad)
			}
		}
	}
	return t
}

// bid is what a campaign bids for a result, and how many of those a click brings,
// or where impressions are bought a thousand of them.
func (t *thing) bid(group *thing, perClick bool) (bid, results float64) {
	clicks, conversions := 1000*shownCTR, shownCVR
	if perClick {
		clicks, conversions = 1, searchedCVR
	}
	strategy := func(name, field string) float64 {
		inner, _ := t.fields[name].(map[string]any)
		return units(inner[field])
	}
	switch {
	case t.fields["manualCpc"] != nil:
		return units(group.fields["cpcBidMicros"]), clicks
	case t.fields["manualCpm"] != nil:
		return units(group.fields["cpmBidMicros"]), 1
	case t.fields["maximizeConversions"] != nil:
		return strategy("maximizeConversions", "targetCpaMicros"), clicks * conversions
	}
	return strategy("targetSpend", "cpcBidCeilingMicros"), clicks
}

// googleTime reads a time of the account's zone; zero when there is none.
func googleTime(text string, zone *time.Location) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", text, zone)
	if err != nil {
		return time.Time{}
	}
	return t
}

// units are micros written as text, in units of the currency.
func units(v any) float64 {
	n, err := strconv.ParseInt(fmt.Sprint(v), 10, 64)
	if err != nil {
		return 0
	}
	return float64(n) / money.Unit
}

// collections are how resources are named, by kind.
var collections = map[string]string{"budget": "campaignBudgets", "campaign": "campaigns", "ad_group": "adGroups", "ad": "adGroupAds", "criterion": "campaignCriteria", "keyword": "adGroupCriteria", "listed": "adGroupCriteria", "audience": "userLists", "job": "offlineUserDataJobs"}

// resource is a thing's name.
func (t *thing) resource() string {
	id := t.id
	if slices.Contains([]string{"ad", "criterion", "keyword", "listed"}, t.kind) {
		id = t.parent.id + "~" + t.id
	}
	return "customers/" + t.account.ID + "/" + collections[t.kind] + "/" + id
}

// named finds a thing by its resource name.
func (s *Sandbox) named(resource string) *thing {
	last := resource[strings.LastIndexAny(resource, "/~")+1:]
	if t := s.byID[last]; t != nil && t.resource() == resource && t.text("status") != "REMOVED" {
		return t
	}
	return nil
}

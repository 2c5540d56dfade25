package httpapi_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/hexabuilders/campaignd/targeting/identity"
)

// audience makes one and gives its path.
func (h *house) audience(body string) string {
	h.Helper()
	return h.call(h.manager, "POST", "/api/v1/audiences", body).want(http.StatusCreated).Header.Get("Location")
}

// members uploads lines of a type.
func (h *house) members(at, mediaType string, lines ...string) *answer {
	h.Helper()
	return h.call(h.manager, "POST", at+"/members", strings.Join(lines, "\n"), "Content-Type", mediaType)
}

func TestAnAudienceFromCreationToItsEnd(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.audience(`{"name":"Customers","consent_basis":"consent","membership_days":30,"minimum_size":3}`)
	empty := h.call(h.manager, "GET", at, nil).want(http.StatusOK)
	if empty.str("state") != "too_small" || empty.num("size") != 0 || empty.Header.Get("ETag") != `"1"` || empty.at("upload") != nil {
		t.Errorf("%s", empty.text)
	}
	first := h.members(at, "text/csv", "email;phone;ciudad", "Ana@Example.com;+57 301 555 0100;Bogotá", ";;Lima", "not an address;;Lima", "b@example.com;;").want(http.StatusOK)
	if first.num("accepted") != 2 || first.num("rejected_total") != 2 || first.num("size") != 2 || first.str("state") != "too_small" || first.str("stage") != "applied" {
		t.Errorf("%s", first.text)
	}
	if first.str("rejected.0.code") != "no_identifier" || first.num("rejected.1.line") != 4 || first.str("rejected.1.column") != "email" || strings.Contains(string(first.text), "not an address") {
		t.Errorf("%s", first.text)
	}
	second := h.members(at, "application/x-ndjson",
		`{"email":"`+identity.Of("ana@example.com").String()+`","attributes":{"age":31}}`,
		`{"external_id":"c-3","purchases":[{"at":"2026-03-01","value":"19.90"}],"visits":["2026-03-01","2026-03-02T10:00:00Z"]}`,
		`{"external_id":"c-4","purchases":[{"at":"2027-03-01"}]}`, `{"external_id":`, `[]`, `{"phone":"123","email":"c@example.com"}`).want(http.StatusOK)
	if second.num("accepted") != 3 || second.num("size") != 4 || second.num("added") != 2 || second.str("state") != "ready" || second.num("ignored_total") != 1 {
		t.Errorf("%s", second.text)
	}
	read := h.call(h.analyst, "GET", at, nil).want(http.StatusOK)
	if read.str("state") != "ready" || read.num("upload.applied") != 3 || read.str("consent_basis") != "consent" {
		t.Errorf("%s", read.text)
	}
	names := h.call(h.analyst, "GET", "/api/v1/audiences/attributes", nil).want(http.StatusOK)
	if fmt.Sprint(names.at("items")) != "[age ciudad]" {
		t.Errorf("%s", names.text)
	}
	removed := h.call(h.manager, "POST", at+"/members/remove", `{"people":[{"external_id":"C-3"},{"email":"nobody@example.com"}]}`).want(http.StatusOK)
	erased := h.call(h.manager, "POST", "/api/v1/audiences/erase", `{"people":[{"phone":"573015550100"}]}`).want(http.StatusOK)
	if removed.num("removed") != 1 || erased.num("people") != 1 || erased.num("audiences") != 1 {
		t.Errorf("%s %s", removed.text, erased.text)
	}
	again := h.call(h.manager, "POST", "/api/v1/audiences/erase", `{"people":[{"email":"ana@example.com"}]}`).want(http.StatusOK)
	if again.num("people") != 0 {
		t.Errorf("whoever was erased is known by another identifier: %s", again.text)
	}
	for _, feed := range []string{"/api/v1/events?limit=500", at} {
		got := h.call(h.manager, "GET", feed, nil).want(http.StatusOK)
		if strings.Contains(string(got.text), "example.com") || strings.Contains(string(got.text), identity.Of("ana@example.com").String()) || strings.Contains(string(got.text), "3015550100") || strings.Contains(string(got.text), "301 555 0100") {
			t.Errorf("%s holds somebody: %s", feed, got.text)
		}
	}
	tag := h.call(h.manager, "GET", at, nil).Header.Get("ETag")
	h.call(h.manager, "PATCH", at, `{"name":"Old customers"}`, "If-Match", tag).want(http.StatusOK)
	h.call(h.manager, "DELETE", at, nil, "If-Match", tag).refused(http.StatusPreconditionFailed, "stale_revision")
	h.call(h.manager, "DELETE", at, nil, "If-Match", "*").want(http.StatusNoContent)
	h.call(h.manager, "GET", at, nil).refused(http.StatusNotFound, "audience_not_found")
	h.members(at, "text/csv", "email", "a@example.com").refused(http.StatusNotFound, "audience_not_found")
}

func TestAudiencesThatAreRefused(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	for _, tt := range []struct{ body, field string }{
		{`{"name":""}`, "name"}, {`{}`, "name"}, {`{"name":"x","membership_days":541}`, "membership_days"}, {`{"name":"x","membership_days":-1}`, "membership_days"},
		{`{"name":"x","minimum_size":0}`, "minimum_size"}, {`{"name":"x","consent_basis":"because"}`, "consent_basis"}, {`{"name":" "}`, "name"},
	} {
		got := h.call(h.manager, "POST", "/api/v1/audiences", tt.body).want(http.StatusUnprocessableEntity)
		if got.str("errors.0.path") != tt.field {
			t.Errorf("%s: %s", tt.body, got.text)
		}
	}
	h.call(adminSecret, "POST", "/api/v1/audiences", `{"name":"x"}`).refused(http.StatusUnprocessableEntity, "partner_required")
	h.call(h.analyst, "POST", "/api/v1/audiences", `{"name":"x"}`).refused(http.StatusForbidden, "role_not_allowed")
}

func TestUploadsThatAreRefusedLeaveNothing(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.audience(`{"name":"Customers","minimum_size":1}`)
	h.members(at, "text/csv", "email", "a@example.com").want(http.StatusOK)
	before := h.call(h.manager, "GET", at, nil).want(http.StatusOK)
	for _, tt := range []struct {
		what, media, body string
		status            int
		code              string
	}{
		{"no header that names anybody", "text/csv", "city,age\nLima,30", 422, "bad_header"},
		{"a name in the clear", "text/csv", "email,full_name\na@example.com,Ana", 422, "validation_failed"},
		{"a column twice", "text/csv", "email,city,City\na@example.com,,", 422, "validation_failed"},
		{"an open quotation mark in the header", "text/csv", `email,"city`, 422, "bad_header"},
		{"nothing", "text/csv", "", 422, "bad_header"},
		{"UTF-16", "text/csv", "\xff\xfee\x00m\x00a\x00i\x00l\x00\n\x00", 400, "wrong_encoding"},
		{"Latin-1 in the header", "text/csv", "email,pa\xeds\na@example.com,CO", 400, "wrong_encoding"},
		{"a spreadsheet", "application/vnd.ms-excel", "PK", 400, "unsupported_media_type"},
	} {
		got := h.call(h.manager, "POST", at+"/members", tt.body, "Content-Type", tt.media)
		if got.StatusCode != tt.status || got.str("code") != tt.code {
			t.Errorf("%s: %d %s", tt.what, got.StatusCode, got.text)
		}
	}
	long := newEndless(1 << 30)
	request := io.MultiReader(strings.NewReader("email\nb@example.com\n"), long)
	h.call(h.manager, "POST", at+"/members", request, "Content-Type", "text/csv").refused(http.StatusRequestEntityTooLarge, "line_too_long")
	if read := 1<<30 - long.left.Load(); read > 16<<20 {
		t.Errorf("%d bytes of one line were read", read)
	}
	after := h.call(h.manager, "GET", at, nil).want(http.StatusOK)
	if after.num("size") != 1 || after.str("state") != "ready" || after.str("upload.stage") != "dropped" {
		t.Errorf("before %s, after %s", before.text, after.text)
	}
	rows := h.members(at, "text/csv", "email,city,currency", "b@example.com,Bogot\xe1,", `"c@example.com","Li""ma",usd`, "d@example.com", `e@example.com,"Lima"x`,
		"f@example.com,other@example.com,", "g@example.com,Lima,EUR", "h@example.com,"+strings.Repeat("x", 201)+",").want(http.StatusOK)
	want := []string{"not_utf8", "wrong_columns", "bad_quotes", "identifier_in_attribute", "currency_mismatch", "too_long"}
	for i, code := range want {
		if got := rows.str(fmt.Sprintf("rejected.%d.code", i)); got != code {
			t.Errorf("line %d: %q, want %q", i, got, code)
		}
	}
	if rows.num("accepted") != 1 || rows.num("size") != 2 {
		t.Errorf("%s", rows.text)
	}
	dry := h.call(h.manager, "POST", at+"/members?validate_only=true", "email\nz@example.com\nbad", "Content-Type", "text/csv").want(http.StatusOK)
	if dry.num("accepted") != 1 || dry.num("rejected_total") != 1 || dry.num("size") != 2 {
		t.Errorf("%s", dry.text)
	}
}

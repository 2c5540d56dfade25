package httpapi_test

import (
	"bytes"
	"flag"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/hexabuilders/campaignd/internal/httpapi"
	"github.com/hexabuilders/campaignd/internal/testenv"
)

var update = flag.Bool("update", false, "write api/openapi.yaml from the code")

const checkedIn = "../../api/openapi.yaml"

func TestContractIsCheckedIn(t *testing.T) {
	text, err := httpapi.New(httpapi.Services{}, httpapi.Options{}).OpenAPI().YAML()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(checkedIn, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := os.ReadFile(checkedIn)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(stored, text) {
		t.Error("api/openapi.yaml is not what the code says; run: make generate")
	}
}

func TestContractIsValidAndServedWithoutAKey(t *testing.T) {
	w := newWorld(t)
	w.guard.Document()
	if got := w.call("", "GET", "/openapi.json", nil).want(http.StatusOK); got.str("openapi") != "3.1.0" || got.Header.Get("Content-Type") != "application/openapi+json" {
		t.Errorf("served %q as %s", got.str("openapi"), got.Header.Get("Content-Type"))
	}
	if got := w.call("", "GET", "/openapi.yaml", nil).want(http.StatusOK); !strings.HasPrefix(string(got.text), "components:") {
		t.Errorf("served %.80s", got.text)
	}
}

func TestEveryOperationIsDescribedForPeople(t *testing.T) {
	w := newWorld(t)
	page := string(w.call("", "GET", "/docs", nil).want(http.StatusOK).text)
	for path, item := range w.api.OpenAPI().Paths {
		if !strings.Contains(page, httpapi.Base+path) {
			t.Errorf("/docs does not speak of %s", path)
		}
		for _, op := range operations(item) {
			if op.Summary == "" || op.Description == "" || !strings.Contains(page, `id="`+op.OperationID+`"`) {
				t.Errorf("%s %s is not described", op.Method, path)
			}
		}
	}
	for _, code := range []string{"validation_failed", "not_ready", "body_too_large", "if_match_required", "idempotency_key_reused", "malformed_request"} {
		if !strings.Contains(page, `id="`+code+`"`) {
			t.Errorf("/docs does not explain %s, to which problems refer", code)
		}
	}
}

func TestDocsFitEveryScreen(t *testing.T) {
	url := newWorld(t).url + "/docs"
	browser := testenv.Browser(t)
	for _, width := range []int64{360, 1280} {
		if err := chromedp.Do(browser, chromedp.EmulateViewport(width, 800), chromedp.Navigate(url)); err != nil {
			t.Fatal(err)
		}
		fits, err := chromedp.Run(browser, chromedp.Evaluate[bool](`document.querySelectorAll("details").forEach(d => d.open = true),
			document.documentElement.scrollWidth <= document.documentElement.clientWidth`))
		if err != nil || !fits {
			t.Errorf("at %d pixels the page is wider than the screen: %v", width, err)
		}
	}
}

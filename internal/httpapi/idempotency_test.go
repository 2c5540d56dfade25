package httpapi_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/internal/httpapi"
)

const onceKey = "a-key-of-a-client-0001"

func TestRepeatedRequestGetsTheFirstAnswer(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	first := h.call(h.manager, "POST", "/api/v1/campaigns", draft, "Idempotency-Key", onceKey).want(http.StatusCreated)
	before := h.seq(h.id)
	again := h.call(h.manager, "POST", "/api/v1/campaigns", draft, "Idempotency-Key", onceKey).want(http.StatusCreated)
	if !bytes.Equal(again.text, first.text) || again.Header.Get("Idempotent-Replayed") != "true" || first.Header.Get("Idempotent-Replayed") != "" ||
		again.Header.Get("Location") != first.Header.Get("Location") || again.Header.Get("ETag") != `"1"` {
		t.Errorf("replayed %v %s\nfirst %v %s", again.Header, again.text, first.Header, first.text)
	}
	if again.Header.Get("X-Request-Id") == first.Header.Get("X-Request-Id") {
		t.Error("a repetition goes by the id of the first request")
	}
	if h.seq(h.id) != before {
		t.Error("a repetition left events")
	}
	h.sleep(25 * time.Hour)
	h.call(h.manager, "POST", "/api/v1/campaigns", draft, "Idempotency-Key", onceKey).want(http.StatusCreated)
	if got := h.call(h.manager, "GET", "/api/v1/campaigns", nil).len("items"); got != 2 {
		t.Errorf("%d campaigns once the key has expired, want 2", got)
	}
}

func TestKeyBelongsToOneRequest(t *testing.T) {
	w := newWorld(t)
	h, other := newHouse(w, "Andes"), newHouse(w, "Patagonia")
	h.call(h.manager, "POST", "/api/v1/campaigns", draft, "Idempotency-Key", onceKey).want(http.StatusCreated)
	h.call(h.manager, "POST", "/api/v1/campaigns", strings.Replace(draft, "Trail", "Road", 1), "Idempotency-Key", onceKey).refused(http.StatusConflict, "idempotency_key_reused")
	other.call(other.manager, "POST", "/api/v1/campaigns", draft, "Idempotency-Key", onceKey).want(http.StatusCreated)
	h.call(h.analyst, "POST", "/api/v1/campaigns", draft, "Idempotency-Key", onceKey).refused(http.StatusForbidden, "role_not_allowed")
	at := h.draft()
	h.call(h.manager, "POST", at+"/cancel", `{"reason":"a"}`, "Idempotency-Key", onceKey).want(http.StatusOK)
	for _, key := range []string{"short", strings.Repeat("x", 256), "sixteen characters with spaces"} {
		if got := h.call(h.manager, "POST", "/api/v1/campaigns", draft, "Idempotency-Key", key); got.StatusCode != http.StatusBadRequest {
			t.Errorf("the key %.20q is answered with %d", key, got.StatusCode)
		}
	}
}

func TestRefusalIsReplayedAndRehearsalIsNot(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	at := h.draft()
	refused := h.call(h.manager, "POST", at+"/launch", nil, "Idempotency-Key", onceKey).refused(http.StatusConflict, "must_be_scheduled_first")
	again := h.call(h.manager, "POST", at+"/launch", nil, "Idempotency-Key", onceKey).refused(http.StatusConflict, "must_be_scheduled_first")
	if again.str("instance") != refused.str("instance") {
		t.Error("the refusal was made anew")
	}
	key := "a-key-of-a-client-0002"
	for _, yes := range []string{"true", "1", "TRUE"} { // as the operation reads it
		h.call(h.manager, "POST", "/api/v1/campaigns?validate_only="+yes, draft, "Idempotency-Key", key).want(http.StatusCreated)
	}
	made := h.call(h.manager, "POST", "/api/v1/campaigns", draft, "Idempotency-Key", key).want(http.StatusCreated)
	h.call(h.manager, "GET", made.Header.Get("Location"), nil).want(http.StatusOK)
}

func TestSecretIsNeverStored(t *testing.T) {
	w := newWorld(t)
	at := "/api/v1/partners/" + w.partner("Andes") + "/keys"
	secret := w.call(adminSecret, "POST", at, `{"role":"analyst"}`, "Idempotency-Key", onceKey).want(http.StatusCreated).str("key")
	again := w.call(adminSecret, "POST", at, `{"role":"analyst"}`, "Idempotency-Key", onceKey).refused(http.StatusConflict, "secret_shown_once")
	if secret == "" || strings.Contains(string(again.text), secret) {
		t.Errorf("repeated with %s", again.text)
	}
	if got := w.call(adminSecret, "GET", at, nil).len("items"); got != 1 {
		t.Errorf("%d keys, want 1", got)
	}
}

// The same new request by many clients at once is carried out once: the others
// get its answer, or are told to wait.
func TestManyAtOnceMakeOne(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	var all sync.WaitGroup
	codes := make(chan int, 8)
	for range cap(codes) {
		all.Go(func() {
			codes <- h.call(h.manager, "POST", "/api/v1/campaigns", draft, "Idempotency-Key", onceKey).StatusCode
		})
	}
	all.Wait()
	close(codes)
	for code := range codes {
		if code != http.StatusCreated && code != http.StatusConflict {
			t.Errorf("answered %d", code)
		}
	}
	if got := h.call(h.manager, "GET", "/api/v1/campaigns", nil).len("items"); got != 1 {
		t.Errorf("%d campaigns, want 1", got)
	}
}

// A try that died after its work was committed and before its answer was stored
// is found by the next one, which makes nothing twice.
func TestTryAfterACrashFindsWhatWasMade(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	store := &forgetful{Idempotency: answers{h.db.Idempotency()}}
	api := h.serve(store)
	first := h.callAt(api, h.manager, "POST", "/api/v1/campaigns", draft, "Idempotency-Key", onceKey).want(http.StatusCreated)
	h.callAt(api, h.manager, "POST", "/api/v1/campaigns", draft, "Idempotency-Key", onceKey).refused(http.StatusConflict, "idempotency_key_busy").retryAfter()
	h.sleep(2 * time.Minute)
	again := h.callAt(api, h.manager, "POST", "/api/v1/campaigns", draft, "Idempotency-Key", onceKey).want(http.StatusCreated)
	if again.str("id") != first.str("id") || h.call(h.manager, "GET", "/api/v1/campaigns", nil).len("items") != 1 {
		t.Errorf("made %s and then %s", first.str("id"), again.str("id"))
	}
}

// forgetful loses every answer, as a crash would.
type forgetful struct{ httpapi.Idempotency }

func (forgetful) Finish(context.Context, uuid.UUID, string, string, httpapi.Answer) error { return nil }

// What failed for reasons of ours frees its key at once.
func TestFailureOfOursFreesTheKey(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	broken := h.services
	broken.Campaigns = nil // a panic in the handler
	api := h.serveOver(broken, answers{h.db.Idempotency()})
	h.callAt(api, h.manager, "POST", "/api/v1/campaigns", draft, "Idempotency-Key", onceKey).refused(http.StatusInternalServerError, "internal")
	h.call(h.manager, "POST", "/api/v1/campaigns", draft, "Idempotency-Key", onceKey).want(http.StatusCreated)
}

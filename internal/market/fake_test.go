package market

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/money"
)

// service is a stand-in for the API: enough of it to set a demo up and to feed
// it, strict where a client can be wrong. Its clock is the test's.
type service struct {
	t         *testing.T
	mu        sync.Mutex
	partners  []map[string]any
	keys      map[string]string // roles by key
	campaigns []*kept
	replies   map[string][]byte // by Idempotency-Key
	events    map[string]eventBody
	people    circle
	repeated  int
	// interfere answers instead of the service when it returns a status; after
	// says that the request was done all the same.
	interfere func(r *http.Request) (status int, after bool)
}

// kept is a campaign of the stand-in.
type kept struct {
	campaign
	PartnerID string       `json:"partner_id"`
	Revision  int          `json:"revision"`
	Schedule  scheduleBody `json:"schedule"`
	created   campaignBody
	done      []string // the steps, in order
	spent     float64
}

func newService(t *testing.T) *service {
	return &service{t: t, keys: map[string]string{adminKey: "admin"}, replies: map[string][]byte{}, events: map[string]eventBody{}}
}

const adminKey = "an administrator's key of enough length"

// RoundTrip serves without a network, so that time can be the test's own.
func (s *service) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.interfere != nil {
		if status, after := s.interfere(r); status != 0 {
			if after {
				s.answer(r)
			}
			return refusal(status), nil
		}
	}
	return s.answer(r).Result(), nil
}

func refusal(status int) *http.Response {
	w := httptest.NewRecorder()
	w.Header().Set("Retry-After", "1")
	problemTo(w, status, "interfered")
	return w.Result()
}

func problemTo(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(Problem{Code: code, Detail: "Refused by the test."})
}

func (s *service) answer(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	role := s.keys[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	key := r.Header.Get("Idempotency-Key")
	switch ingest := strings.HasSuffix(r.URL.Path, "/metrics"); {
	case role == "" || ingest != (role == "ingest"):
		problemTo(w, http.StatusForbidden, "forbidden")
	case r.Method == http.MethodPost && !ingest && len(key) < 16:
		problemTo(w, http.StatusBadRequest, "no_idempotency_key")
	case s.replies[key] != nil:
		s.repeated++
		_, _ = w.Write(s.replies[key])
	default:
		s.routes().ServeHTTP(w, r)
		if key != "" {
			s.replies[key] = w.Body.Bytes()
		}
	}
	return w
}

func (s *service) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/partners", func(w http.ResponseWriter, r *http.Request) { listed(w, r, s.partners) })
	mux.HandleFunc("POST /api/v1/partners", s.createPartner)
	mux.HandleFunc("POST /api/v1/partners/{id}/keys", s.createKey)
	mux.HandleFunc("GET /api/v1/campaigns", func(w http.ResponseWriter, r *http.Request) { listed(w, r, s.campaigns) })
	mux.HandleFunc("POST /api/v1/campaigns", s.createCampaign)
	mux.HandleFunc("GET /api/v1/campaigns/{id}", func(w http.ResponseWriter, r *http.Request) { s.show(w, s.find(r)) })
	for _, step := range []string{"PUT targeting", "PUT creatives", "POST schedule", "POST launch"} {
		method, name, _ := strings.Cut(step, " ")
		mux.HandleFunc(method+" /api/v1/campaigns/{id}/"+name, func(w http.ResponseWriter, r *http.Request) { s.step(w, r, name) })
	}
	mux.HandleFunc("POST /api/v1/metrics", s.record)
	s.people.routes(mux)
	return mux
}

// listed answers three items a page, so that a client has to turn pages.
func listed[T any](w http.ResponseWriter, r *http.Request, all []T) {
	from, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
	to := min(from+3, len(all))
	p := page[T]{Items: all[from:to]}
	if to < len(all) {
		p.Next = strconv.Itoa(to)
	}
	_ = json.NewEncoder(w).Encode(p)
}

func (s *service) createPartner(w http.ResponseWriter, r *http.Request) {
	p := map[string]any{}
	_ = json.NewDecoder(r.Body).Decode(&p)
	p["id"], p["created_at"] = fmt.Sprintf("p%d", len(s.partners)+1), time.Now()
	s.partners = append(s.partners, p)
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(p)
}

func (s *service) createKey(w http.ResponseWriter, r *http.Request) {
	var in keyBody
	_ = json.NewDecoder(r.Body).Decode(&in)
	key := fmt.Sprintf("key-%d", len(s.keys))
	s.keys[key] = in.Role
	_ = json.NewEncoder(w).Encode(map[string]string{"id": key, "role": in.Role, "key": key})
}

func (s *service) createCampaign(w http.ResponseWriter, r *http.Request) {
	k := &kept{Revision: 1}
	_ = json.NewDecoder(r.Body).Decode(&k.created)
	k.campaign = campaign{ID: fmt.Sprintf("c%d", len(s.campaigns)+1), Name: k.created.Name, Type: k.created.Type, Status: "DRAFT", Currency: k.created.Budget.Currency, Timezone: k.created.Timezone, Channels: k.created.Channels}
	s.campaigns = append(s.campaigns, k)
	s.show(w, k)
}

func (s *service) find(r *http.Request) *kept { return s.byID(r.PathValue("id")) }

func (s *service) byID(id string) *kept {
	for _, k := range s.campaigns {
		if k.ID == id {
			return k
		}
	}
	s.t.Errorf("there is no campaign %q", id)
	return &kept{}
}

func (s *service) show(w http.ResponseWriter, k *kept) {
	w.Header().Set("ETag", strconv.Quote(strconv.Itoa(k.Revision)))
	_ = json.NewEncoder(w).Encode(k)
}

func (s *service) step(w http.ResponseWriter, r *http.Request, name string) {
	k := s.find(r)
	if r.Header.Get("If-Match") != strconv.Quote(strconv.Itoa(k.Revision)) {
		problemTo(w, http.StatusPreconditionFailed, "stale")
		return
	}
	k.Revision++
	k.done = append(k.done, name)
	switch name {
	case "schedule":
		_ = json.NewDecoder(r.Body).Decode(&k.Schedule)
		k.Status = "SCHEDULED"
	case "launch":
		k.Status = "ACTIVE"
	}
	s.show(w, k)
}

// record counts each event once and pauses a campaign whose money is gone.
func (s *service) record(w http.ResponseWriter, r *http.Request) {
	var in struct{ Events []eventBody }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || len(in.Events) == 0 || len(in.Events) > 10_000 {
		problemTo(w, http.StatusBadRequest, "malformed")
		return
	}
	duplicates := 0
	for _, e := range in.Events {
		if before, ok := s.events[e.ID]; ok {
			duplicates++
			if fmt.Sprint(before) != fmt.Sprint(e) {
				s.t.Errorf("event %s came with other content: %+v, %+v", e.ID, before, e)
			}
			continue
		}
		s.count(e)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"accepted": len(in.Events) - duplicates, "duplicates": duplicates, "rejected": []any{}})
}

func (s *service) count(e eventBody) {
	at, err := time.Parse(time.RFC3339Nano, e.OccurredAt)
	if err != nil || at.After(time.Now()) {
		s.t.Errorf("event %s at %q: %v", e.ID, e.OccurredAt, err)
	}
	s.events[e.ID] = e
	k := s.byID(e.Campaign)
	k.spent += units(s.t, e.Metrics.Spend)
	if limit := units(s.t, k.created.Budget.Amount); k.spent >= limit && k.Status == "ACTIVE" && limit > 0 {
		k.Status = "PAUSED"
	}
}

func units(t *testing.T, amount string) float64 {
	if amount == "" {
		return 0
	}
	v, err := money.ParseMicros(amount)
	if err != nil {
		t.Errorf("%q: %v", amount, err)
	}
	return math.Round(float64(v)) / 1e6
}

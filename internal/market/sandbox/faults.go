package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// Kind is what goes wrong.
type Kind string

// The faults that can be ordered.
const (
	DropAfter   Kind = "drop_after"   // the work is done and the connection ends without an answer
	DropBefore  Kind = "drop_before"  // the connection ends and nothing was done
	HTML        Kind = "html"         // a page for people, with status 200
	ServerError Kind = "server_error" // 500, with nothing done
	BadToken    Kind = "bad_token"    // the token has expired
	Throttle    Kind = "throttle"     // too many calls
	JobFails    Kind = "job_fails"    // an upload of people that was taken and cannot be worked up
	EmptyPage   Kind = "empty_page"   // a page of a report without rows that says there are more
	HugeNumber  Kind = "huge_number"  // a count that no type can hold
	Negative    Kind = "negative"     // spend below zero
	Currency    Kind = "currency"     // rows in another currency
)

// Fault is something that goes wrong for a while.
type Fault struct {
	Kind   Kind   `json:"kind"`
	Method string `json:"method,omitempty"` // only these; empty: any
	Path   string `json:"path,omitempty"`   // only paths, with their query, that contain it
	After  int    `json:"after,omitempty"`  // so many calls go well first
	Times  int    `json:"times,omitempty"`  // so often; 0: until it is cleared
}

// Order makes a fault happen.
func (s *Sandbox) Order(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.order(f)
}

func (s *Sandbox) order(f Fault) {
	if f.Times == 0 {
		f.Times = -1
	}
	s.faults = append(s.faults, &f)
}

// Clear ends all faults, the dropping of answers included.
func (s *Sandbox) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.config.Drop = nil, 0
}

// due reports whether a fault of one of the kinds happens to this request, and
// uses it up.
func (s *Sandbox) due(r *http.Request, kinds ...Kind) Kind {
	for _, f := range s.faults {
		fits := (f.Method == "" || f.Method == r.Method) && strings.Contains(r.URL.RequestURI(), f.Path)
		for _, kind := range kinds {
			if f.Kind != kind || !fits || f.Times == 0 {
				continue
			}
			if f.After > 0 {
				f.After--
				continue
			}
			if f.Times > 0 {
				f.Times--
			}
			return kind
		}
	}
	return ""
}

// spoil plays the faults that come before any work; it reports whether the
// request is over.
func (s *Sandbox) spoil(w http.ResponseWriter, r *http.Request) bool {
	switch s.due(r, DropBefore, HTML, ServerError) {
	case DropBefore:
		hangUp(w)
	case HTML:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!doctype html><title>Sorry, something went wrong.</title>"))
	case ServerError:
		http.Error(w, `{"error":{"code":2,"message":"Service temporarily unavailable","type":"OAuthException","is_transient":true,"status":"INTERNAL"}}`, http.StatusInternalServerError)
	default:
		return false
	}
	return true
}

// lost reports whether the answer to a creating call is to be lost.
func (s *Sandbox) lost(r *http.Request) bool {
	if s.due(r, DropAfter) != "" || s.config.Drop > 0 && s.random.Float64() < s.config.Drop {
		s.drops++
		return true
	}
	return false
}

// hangUp ends the connection in the middle of the answer.
func hangUp(http.ResponseWriter) { panic(http.ErrAbortHandler) }

// futureTaken is how far ahead of its own clock a service takes delivery.
const futureTaken = 5 * time.Minute

// routes are the two platforms and the sandbox's own controls.
func (s *Sandbox) routes() {
	s.mux.HandleFunc("POST /sandbox/advance", control(s, func(in struct {
		By string `json:"by"`
	}) (any, error) {
		by, err := time.ParseDuration(in.By)
		s.advance(by)
		out := map[string]any{"now": s.now()}
		if ahead := s.now().Sub(s.config.Now()); ahead > futureTaken {
			out["warning"] = "This clock is " + ahead.Round(time.Second).String() + " ahead of the real one. A service takes no delivery of the future; begin the sandbox with --behind to let time pass."
		}
		return out, err
	}))
	s.mux.HandleFunc("POST /sandbox/faults", control(s, func(f Fault) (any, error) {
		s.order(f)
		return f, nil
	}))
	s.mux.HandleFunc("DELETE /sandbox/faults", control(s, func(struct{}) (any, error) {
		s.faults, s.config.Drop = nil, 0
		return struct{}{}, nil
	}))
	s.mux.HandleFunc("GET /sandbox/state", control(s, func(struct{}) (any, error) { return s.overview(), nil }))
	s.metaRoutes()
	s.googleRoutes()
}

// control is one of the sandbox's own calls.
func control[T any](s *Sandbox, do func(T) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in T
		if r.Method == http.MethodPost {
			if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		out, err := do(in)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		writeJSON(w, http.StatusOK, out)
	}
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// overview is what exists, for a person.
func (s *Sandbox) overview() any {
	type line struct {
		ID       string `json:"id"`
		Kind     string `json:"kind"`
		Platform string `json:"platform"`
		Name     string `json:"name,omitempty"`
		Status   string `json:"status,omitempty"`
	}
	lines := []line{}
	for _, t := range s.things {
		lines = append(lines, line{t.id, t.kind, t.account.Platform, t.text("name"), t.text("status")})
	}
	return map[string]any{"now": s.now(), "objects": lines, "lost_answers": s.drops, "calls": s.calls}
}

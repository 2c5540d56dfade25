package market

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// circle is the stand-in's part about people.
type circle struct {
	audiences []*audienceBody
	segments  []*segmentBody
	rows      map[string][][]string // of files, by audience
}

func (c *circle) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/v1/audiences", func(w http.ResponseWriter, r *http.Request) { listed(w, r, c.audiences) })
	mux.HandleFunc("POST /api/v1/audiences", func(w http.ResponseWriter, r *http.Request) {
		a := &audienceBody{ID: fmt.Sprintf("a%d", len(c.audiences)+1)}
		_ = json.NewDecoder(r.Body).Decode(a)
		c.audiences = append(c.audiences, a)
		_ = json.NewEncoder(w).Encode(a)
	})
	mux.HandleFunc("POST /api/v1/audiences/{id}/members", func(w http.ResponseWriter, r *http.Request) {
		rows, err := csv.NewReader(r.Body).ReadAll()
		if err != nil || r.Header.Get("Content-Type") != "text/csv" {
			problemTo(w, http.StatusBadRequest, "not_csv")
			return
		}
		if c.rows == nil {
			c.rows = map[string][][]string{}
		}
		id := r.PathValue("id")
		c.rows[id] = append(c.rows[id], rows[1:]...)
		for _, a := range c.audiences {
			if a.ID == id {
				a.Size = int64(len(c.rows[id]))
			}
		}
		_, _ = io.WriteString(w, `{"state":"ready"}`)
	})
	mux.HandleFunc("GET /api/v1/segments", func(w http.ResponseWriter, r *http.Request) { listed(w, r, c.segments) })
	mux.HandleFunc("POST /api/v1/segments", func(w http.ResponseWriter, r *http.Request) {
		b := &segmentBody{}
		_ = json.NewDecoder(r.Body).Decode(b)
		c.segments = append(c.segments, b)
		_ = json.NewEncoder(w).Encode(b)
	})
}

func TestTheDemoKnowsPeopleAndMeetsThemOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		for range 2 {
			demo(t, s, Config{Seed: 3}, time.Second)
		}
		if len(s.people.audiences) != len(lists) || len(s.people.segments) != 1 {
			t.Fatalf("%d audiences, %d segments", len(s.people.audiences), len(s.people.segments))
		}
		both := map[string]int{}
		for i, a := range s.people.audiences {
			known := map[string]bool{}
			for _, row := range s.people.rows[a.ID] {
				known[row[0]] = true
				if bought := row[6] != ""; bought != (row[7] != "") || strings.Contains(row[0], "@") {
					t.Fatalf("row %q", row)
				}
			}
			if len(known) != lists[i].last-lists[i].first {
				t.Errorf("%s: %d people", a.Name, len(known))
			}
			for who := range known {
				both[who]++
			}
		}
		if want := lists[1].last; len(both) != want {
			t.Errorf("%d people in both lists, want %d", len(both), want)
		}
	})
}

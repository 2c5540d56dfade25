package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/insight"
	"github.com/hexabuilders/campaignd/targeting/study"
)

// studiesOf computes beside the requests, until the test ends.
func (w *world) studiesOf(db *sqlstore.DB) *study.Service {
	s := study.NewService(study.Config{Store: db.Studies(), Queue: db.Studies(), People: audiencesOf(db), Now: time.Now, NewID: newID})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- study.NewWorker(s).Run(ctx) }()
	w.t.Cleanup(func() { stop(); must(w.t, <-done) })
	return s
}

// told is insight.Source with what one campaign brought on two devices.
type told struct{ *world }

func (w *world) insightsOf() *insight.Service { return insight.NewService(told{w}, time.Now) }

func (s told) Subject(ctx context.Context, partner, campaign uuid.UUID) (insight.Subject, error) {
	c, err := s.campaigns.Get(ctx, event.Origin{Partner: partner}, campaign)
	if err != nil {
		return insight.Subject{}, err
	}
	state := c.State()
	return insight.Subject{Partner: state.Partner, Currency: state.Currency, Targeting: state.Targeting}, nil
}

func (told) Parts(_ context.Context, _, _ uuid.UUID, dimension string, _, to time.Time) ([]insight.Part, time.Time, error) {
	if dimension != "device" {
		return nil, to, nil
	}
	return []insight.Part{
		{Dimension: dimension, Value: "desktop", Impressions: 90_000, Clicks: 2000, Conversions: 40, Spend: 1000e6},
		{Dimension: dimension, Value: "mobile", Impressions: 90_000, Clicks: 2000, Conversions: 200, Spend: 1000e6},
	}, to, nil
}

func (told) People(context.Context, uuid.UUID, targeting.Configuration) (insight.Reach, bool) {
	return insight.Reach{}, false
}

func TestClustersAndLookalikesOnTheDashboard(t *testing.T) {
	w := newWorld(t)
	who := w.session(partners.RoleManager)
	_, body, _ := w.get("/audiences/clusters", who, "es")
	has(t, body, "Aún no hay grupos", "Buscar grupos", `aria-current="page"`)
	status, body, _ := w.post("/audiences/clusters", who, "cluster_name=Todos")
	if status != http.StatusUnprocessableEntity {
		t.Errorf("status %d of clusters of nobody", status)
	}
	has(t, body, "too few people to learn from")

	people := w.lists
	var at []string
	for list, kind := range []string{"Lima", "Cusco"} {
		made, err := people.Create(t.Context(), w.by, audience.New{Name: "Gente de " + kind})
		must(t, err)
		var b strings.Builder
		b.WriteString("external_id,city,age\n")
		for i := range 150 {
			_, _ = fmt.Fprintf(&b, "%s-%d,%s,%d\n", kind, i, kind, 20+30*list+i%10)
		}
		_, err = people.Take(t.Context(), w.by, made.ID, "text/csv", strings.NewReader(b.String()), audience.TakeOptions{Patience: time.Minute})
		must(t, err)
		at = append(at, "/audiences/"+made.ID.String())
	}
	_, body, _ = w.get(at[0], who, "es")
	has(t, body, "Buscar personas parecidas", `name="ratio"`)
	status, _, header := w.post(at[0]+"/lookalike", who, url.Values{"ratio": {"10"}}.Encode())
	made := header.Get("Location")
	if status != http.StatusSeeOther || !audienceAt.MatchString(made) {
		t.Fatalf("status %d, to %q", status, made)
	}
	if _, body, _ = w.get(made, who, "es"); !strings.Contains(body, "Cuánto se parecen") {
		t.Error("the lookalike does not say what it rests on")
	}
	// What is shown while it is computed is looked at again until it is over.
	has(t, body, `data-part="alike"`, "La de las listas en que están")
	status, body, _ = w.post(at[0]+"/lookalike", who, "ratio=99")
	if status != http.StatusUnprocessableEntity {
		t.Errorf("status %d of 99 %%: %.300s", status, body)
	}
	_, body, _ = w.get(at[0], who, "es")
	has(t, body, "En qué se distinguen", "Ciudad: Lima", "sobrerrepresentado", "infrarrepresentado", "Benjamini", `href="?against=population#differ"`)
	_, body, _ = w.get(at[0]+"?against=population", who, "es")
	has(t, body, "Un censo conoce países, edades y géneros")
	if status, _, header := w.post("/audiences/clusters", who, "cluster_name=Todos"); status != http.StatusSeeOther {
		t.Errorf("status %d, to %q", status, header.Get("Location"))
	}
	_, body, _ = w.get("/audiences/clusters", who, "es")
	has(t, body, "Todos")
}

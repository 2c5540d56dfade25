package httpapi_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/targeting/study"
)

// newStudies computes beside the requests.
func newStudies(w *world) *study.Service {
	s := study.NewService(study.Config{Store: w.db.Studies(), Queue: w.db.Studies(), People: w.services.Audiences, Now: w.clock, NewID: newID})
	w.background(study.NewWorker(s).Run)
	return s
}

// customers uploads people to two audiences: buyers, who are older, of Lima and
// come often, and the rest. It returns their paths.
func (h *house) customers(buyers, rest int) (seed, others string) {
	h.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	row := func(list string, i int, buyer bool) string {
		age, city, visits := 20+r.IntN(30), []string{"Cusco", "Piura", "Lima"}[r.IntN(3)], 1+r.IntN(4)
		if buyer {
			age, city, visits = 38+r.IntN(30), []string{"Lima", "Lima", "Lima", "Piura"}[r.IntN(4)], 3+r.IntN(9)
		}
		return fmt.Sprintf("%s-%d,%d,%s,2026-02-%02d,%d", list, i, age, city, 1+r.IntN(28), visits)
	}
	seed, others = h.audience(`{"name":"Buyers"}`), h.audience(`{"name":"Newsletter"}`)
	header := "external_id,age,city,visited_at,visits"
	lines := []string{header}
	for i := range buyers {
		lines = append(lines, row("b", i, true))
	}
	h.members(seed, "text/csv", lines...).want(http.StatusOK)
	lines = []string{header}
	for i := range rest {
		lines = append(lines, row("n", i, i%4 == 0)) // a quarter are as buyers are
	}
	h.members(others, "text/csv", lines...).want(http.StatusOK)
	return seed, others
}

// clusters is a clustering of people nobody has: it fails, and is there.
func (h *house) clusters() string {
	h.Helper()
	id := newID()
	err := h.db.Studies().Insert(h.Context(), study.State{
		ID: id, Partner: uuid.MustParse(h.id), Kind: study.Clusters, Status: study.Failed, Name: "Nobody", Problem: &study.Problem{Code: "too_few_people", Detail: "There is nobody."},
	})
	if err != nil {
		h.Fatal(err)
	}
	return id.String()
}

func TestALookalikeIsLearnedAndFilled(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	seed, _ := h.customers(300, 1000)
	dry := h.call(h.manager, "POST", seed+"/lookalike?validate_only=true", `{"ratio":5}`).want(http.StatusCreated)
	h.call(h.analyst, "GET", "/api/v1/audiences/"+dry.str("id"), nil).want(http.StatusNotFound)
	made := h.call(h.manager, "POST", seed+"/lookalike", `{"ratio":0.1,"name":"Future buyers"}`).want(http.StatusCreated)
	if made.str("kind") != "lookalike" || made.num("ratio") != 10 || !strings.HasSuffix(seed, made.str("seed_audience_id")) {
		t.Errorf("%s", made.text)
	}
	at := made.Header.Get("Location")
	for made.str("model_status") != "ready" { // on a slow machine it is answered before it is over
		if made.str("model_status") == "failed" || made.str("state") != "processing" {
			t.Fatalf("%s", made.text)
		}
		made = h.call(h.analyst, "GET", at+"/lookalike", nil).want(http.StatusOK)
	}
	if made.str("state") != "ready" || made.num("size") != 100 || made.num("model.selected") != 100 || made.num("model.rest") != 1000 {
		t.Errorf("%s", made.text)
	}
	// A quarter of the rest are as the seed is, so that no model can reach 1.
	if auc := made.num("model.held_out.auc.value"); auc < 0.75 || auc > 0.95 {
		t.Errorf("AUC %v", auc)
	}
	if made.len("model.features") < 3 || made.len("model.held_out.lift") == 0 || made.num("model.lowest_chance") <= 0.3 {
		t.Errorf("%s", made.text)
	}
	read := h.call(h.analyst, "GET", at, nil).want(http.StatusOK)
	if read.str("kind") != "lookalike" || read.num("size") != 100 || read.str("source.id") != made.str("seed_audience_id") {
		t.Errorf("%s", read.text)
	}
	h.call(h.manager, "POST", at+"/lookalike", `{"ratio":5}`).refused(http.StatusUnprocessableEntity, "seed_is_lookalike")
	h.members(at, "text/csv", "external_id", "x").refused(http.StatusConflict, "audience_is_derived")
	h.call(h.analyst, "GET", seed+"/lookalike", nil).refused(http.StatusNotFound, "audience_not_found")
}

func TestLookalikesThatAreRefused(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	small := h.audience(`{"name":"Few"}`)
	h.members(small, "text/csv", "external_id,age", "a,1", "b,2").want(http.StatusOK)
	few := h.call(h.manager, "POST", small+"/lookalike", `{"ratio":5}`).refused(http.StatusUnprocessableEntity, "seed_too_small")
	if few.num("minimum") != 100 || few.num("members") != 2 {
		t.Errorf("%s", few.text)
	}
	h.call(h.manager, "POST", "/api/v1/clusters", `{}`).refused(http.StatusUnprocessableEntity, "too_few_people")
	seed, others := h.customers(120, 150)
	bad := h.call(h.manager, "POST", seed+"/lookalike", `{"ratio":21,"attributes":["age","shoe_size"],"panel_id":"`+newID().String()+`"}`).refused(http.StatusUnprocessableEntity, "validation_failed")
	bad.explained()
	if !slices.Equal(bad.paths(), []string{"attributes[1]", "panel_id", "ratio"}) {
		t.Errorf("%s", bad.text)
	}
	for _, ratio := range []string{"0", "0.001", "-3", "20.5", "100"} {
		h.call(h.manager, "POST", seed+"/lookalike", `{"ratio":`+ratio+`}`).refused(http.StatusUnprocessableEntity, "validation_failed")
	}
	h.call(h.analyst, "POST", seed+"/lookalike", `{"ratio":5}`).refused(http.StatusForbidden, "role_not_allowed")
	h.call(h.manager, "DELETE", others, nil, "If-Match", "*").want(http.StatusNoContent)
	h.call(h.manager, "POST", seed+"/lookalike", `{"ratio":5}`).want(http.StatusUnprocessableEntity)
}

func TestClustersAreFoundAndBecomeAudiences(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	_, others := h.customers(200, 400)
	made := h.call(h.manager, "POST", "/api/v1/clusters", `{"max_clusters":4,"name":"Spring"}`).want(http.StatusCreated)
	at := made.Header.Get("Location")
	for made.str("status") != "ready" {
		if made.str("status") == "failed" {
			t.Fatalf("%s", made.text)
		}
		made = h.call(h.analyst, "GET", at, nil).want(http.StatusOK)
	}
	k := made.len("clusters")
	if k < 2 || made.num("k") != float64(k) || made.num("people") != 600 || made.len("candidates") != 3 || made.str("criterion") == "" || made.str("clusters.0.name") == "" {
		t.Errorf("%s", made.text)
	}
	total := 0.0
	for i := range k {
		cluster := fmt.Sprintf("clusters.%d.people", i)
		adopted := h.call(h.manager, "POST", at+"/audiences", fmt.Sprintf(`{"cluster":%d}`, i)).want(http.StatusCreated)
		if adopted.str("kind") != "cluster" || adopted.num("size") != made.num(cluster) || adopted.str("source.id") != made.str("id") {
			t.Errorf("%s: %s", cluster, adopted.text)
		}
		total += adopted.num("size")
	}
	if total != 600 {
		t.Errorf("%v people are in the clusters", total)
	}
	h.call(h.manager, "POST", at+"/audiences", fmt.Sprintf(`{"cluster":%d}`, k)).refused(http.StatusUnprocessableEntity, "validation_failed")
	h.call(h.manager, "POST", "/api/v1/clusters", `{"audience_id":"`+strings.TrimPrefix(others, "/api/v1/audiences/")+`"}`).want(http.StatusCreated)
	if list := h.call(h.analyst, "GET", "/api/v1/clusters", nil).want(http.StatusOK); list.len("items") != 2 {
		t.Errorf("%s", list.text)
	}
	h.call(h.manager, "DELETE", at, nil).want(http.StatusNoContent)
	h.call(h.analyst, "GET", at, nil).refused(http.StatusNotFound, "clusters_not_found")
}

func TestAnAudienceIsDescribedBesideOtherPeople(t *testing.T) {
	h := newHouse(newWorld(t), "Andes")
	seed, _ := h.customers(300, 700)
	found := h.call(h.analyst, "GET", seed+"/insights", nil).want(http.StatusOK)
	if found.str("against") != "people" || found.num("members") != 300 || found.num("people_looked_at") != 700 || found.num("compared") == 0 {
		t.Errorf("%s", found.text)
	}
	if found.at("groups.0.significant") != true || found.num("groups.0.index.value") == 100 || found.num("groups.0.index.low") >= found.num("groups.0.index.high") {
		t.Errorf("%s", found.text)
	}
	if !strings.Contains(string(found.text), `"value":"25-34"`) {
		t.Errorf("ages are not in brackets: %s", found.text)
	}
	alone := h.audience(`{"name":"Colombians"}`)
	lines := []string{"external_id,country,age,gender"}
	for i := range 300 {
		lines = append(lines, fmt.Sprintf("x-%d,CO,%d,%s", i, 25+i%10, []string{"F", "male"}[i%2]))
	}
	h.members(alone, "text/csv", lines...).want(http.StatusOK)
	census := h.call(h.analyst, "GET", alone+"/insights?against=population", nil).want(http.StatusOK)
	if census.str("groups.0.attribute") != "age" || census.str("groups.0.value") != "25-34" || census.num("groups.0.index.value") < 300 {
		t.Errorf("%s", census.text)
	}
	h.call(h.analyst, "GET", seed+"/insights?against=mars", nil).want(http.StatusBadRequest)
	h.call(h.analyst, "GET", seed+"/insights?against=population", nil).refused(http.StatusUnprocessableEntity, "nothing_known")
}

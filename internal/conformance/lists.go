package conformance

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/partners"
)

// Lists holds the lists and their cursors to the ports.
func Lists(t *testing.T, b Backend) {
	cases{
		"campaigns come newest first, each once":         everyCampaignOnce,
		"pages keep their place while rows are inserted": stablePages,
		"filters choose by status, type and text":        filters,
		"campaigns are found by any field, in any order": foundAndSorted,
		"an order keeps its place while others come":     sortedPages,
		"a text stands for itself, in any script":        texts,
		"a malformed cursor is refused":                  badCursor,
		"due campaigns are found once their time comes":  due,
		"partners come in the order of creation":         partnersInOrder,
	}.run(t, b)
}

func everyCampaignOnce(w world) {
	p := w.partner()
	var want []uuid.UUID
	for range 7 {
		want = append(want, w.draft(p, "Spring").ID)
	}
	slices.Reverse(want)
	if got := w.listed(p, campaigns.Query{Limit: 3}, nil); !slices.Equal(got, want) {
		w.Errorf("got %v, want %v", got, want)
	}
	if got := w.listed(p, campaigns.Query{Limit: 7}, nil); !slices.Equal(got, want) {
		w.Errorf("a page that holds all: got %v, want %v", got, want)
	}
}

func stablePages(w world) {
	p := w.partner()
	var want []uuid.UUID
	for range 6 {
		want = append(want, w.draft(p, "Spring").ID)
	}
	slices.Reverse(want)
	got := w.listed(p, campaigns.Query{Limit: 2}, func() { w.draft(p, "Later") })
	if !slices.Equal(got, want) {
		w.Errorf("got %v, want %v", got, want)
	}
}

func filters(w world) {
	p := w.partner()
	draft, scheduled := w.draft(p, "Spring"), w.ready(p, campaigns.Schedule{})
	for name, c := range map[string]struct {
		q    campaigns.Query
		want []uuid.UUID
	}{
		"one status":      {campaigns.Query{Status: []campaigns.Status{campaigns.Draft}}, []uuid.UUID{draft.ID}},
		"either status":   {campaigns.Query{Status: []campaigns.Status{campaigns.Draft, campaigns.Scheduled}}, []uuid.UUID{scheduled.ID, draft.ID}},
		"a status of no":  {campaigns.Query{Status: []campaigns.Status{campaigns.Active}}, nil},
		"type":            {campaigns.Query{Type: []campaigns.Type{campaigns.Search, campaigns.Display}, Status: []campaigns.Status{campaigns.Draft}}, []uuid.UUID{draft.ID}},
		"another type":    {campaigns.Query{Type: []campaigns.Type{campaigns.Email}}, nil},
		"text of neither": {campaigns.Query{Text: "winter"}, nil},
	} {
		if got := w.listed(p, c.q, nil); !slices.Equal(got, c.want) {
			w.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func texts(w world) {
	p := w.partner()
	c := w.draft(p, `Campaña ÁNDES 50%_off \ now`)
	w.draft(p, "Another")
	for _, text := range []string{"campaña", "ándes", "ÁNDES", "50%", "%_", `\`, `% _OFF`[:1]} {
		if got := w.listed(p, campaigns.Query{Text: text}, nil); !slices.Equal(got, []uuid.UUID{c.ID}) {
			w.Errorf("%q found %v", text, got)
		}
	}
	for _, text := range []string{"a%b", "5__", "' OR 1=1"} {
		if got := w.listed(p, campaigns.Query{Text: text}, nil); len(got) > 0 {
			w.Errorf("%q found %v", text, got)
		}
	}
	labels := []string{"Verano 2026", "ÁREA", `[50%]`}
	_, err := w.Campaigns.Update(w.Context(), p, c.ID, 0, func(c *campaigns.Campaign, _ campaigns.Facts) error {
		return c.Change(operator, w.now(), campaigns.Patch{Labels: &labels})
	})
	w.must(err)
	for text, found := range map[string]int{"verano": 1, "VERANO 2026": 1, "ÁREA": 1, "[50%": 1, `["`: 0, `","`: 0, "[": 1, "winter": 0} {
		w.equal("found by the label "+text, len(w.listed(p, campaigns.Query{Text: text}, nil)), found)
	}
	w.rename(p, c.ID, 0, "Renamed")
	w.equal("found by its old name", len(w.listed(p, campaigns.Query{Text: "campaña"}, nil)), 0)
	w.equal("found by its new name", len(w.listed(p, campaigns.Query{Text: "RENAMED"}, nil)), 1)
}

func badCursor(w world) {
	for _, cursor := range []string{"x", strings.Repeat("a", 22), "' OR 1=1 --"} {
		_, _, err := w.Campaigns.List(w.Context(), w.partner(), campaigns.Query{Cursor: cursor})
		w.equal("kind for "+cursor, fault.KindOf(err), fault.Malformed)
		_, _, err = w.Campaigns.List(w.Context(), w.partner(), campaigns.Query{Sort: campaigns.ByName, Cursor: cursor})
		w.equal("kind for "+cursor+" by name", fault.KindOf(err), fault.Malformed)
		_, _, err = w.Partners.List(w.Context(), partners.Page{Cursor: cursor})
		w.equal("kind for "+cursor, fault.KindOf(err), fault.Malformed)
	}
}

func due(w world) {
	p := w.partner()
	start := w.now().Add(time.Hour)
	c := w.ready(p, campaigns.Schedule{Start: start, End: start.Add(time.Hour)})
	manual := w.ready(p, campaigns.Schedule{Start: start, End: start.Add(time.Hour), Launch: campaigns.LaunchManual})
	w.equal("due before its start", w.isDue(start.Add(-time.Microsecond), c.ID), false)
	w.equal("due at its start", w.isDue(start, c.ID), true)
	w.equal("one that a person launches is due", w.isDue(start, manual.ID), false)
	w.must(w.launch(p, c.ID))
	w.equal("due once it runs", w.isDue(start, c.ID), false)
	w.equal("due at its end", w.isDue(start.Add(time.Hour), c.ID), true)
	_, err := w.Campaigns.Update(w.Context(), p, c.ID, 0, func(c *campaigns.Campaign, f campaigns.Facts) error {
		return c.Complete(operator, w.now(), f, "done")
	})
	w.must(err)
	w.equal("due once it is over", w.isDue(start.Add(time.Hour), c.ID), false)
}

func partnersInOrder(w world) {
	want := []uuid.UUID{w.partner(), w.partner(), w.partner()}
	all := pages(w, func(cursor string) ([]*partners.Partner, string, error) {
		return w.Partners.List(w.Context(), partners.Page{Limit: 2, Cursor: cursor})
	}, func() {})
	var got []uuid.UUID
	for _, p := range all {
		if id := p.State().ID; slices.Contains(want, id) {
			got = append(got, id)
		}
	}
	if !slices.Equal(got, want) {
		w.Errorf("got %v, want %v", got, want)
	}
}

// isDue walks through all that is due, two at a time.
func (w world) isDue(now time.Time, id uuid.UUID) bool {
	w.Helper()
	for after := uuid.Nil; ; {
		refs, err := w.Campaigns.Due(w.Context(), now, after, 2)
		w.must(err)
		for _, ref := range refs {
			if ref.ID == id {
				return true
			}
			after = ref.ID
		}
		if len(refs) < 2 {
			return false
		}
	}
}

// listed are the ids of a list, read page by page.
func (w world) listed(partner uuid.UUID, q campaigns.Query, between func()) []uuid.UUID {
	w.Helper()
	if between == nil {
		between = func() {}
	}
	all := pages(w, func(cursor string) ([]*campaigns.Campaign, string, error) {
		q.Cursor = cursor
		return w.Campaigns.List(w.Context(), partner, q)
	}, between)
	var ids []uuid.UUID
	for _, c := range all {
		ids = append(ids, c.State().ID)
	}
	return ids
}

package conformance

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/panel"
	"github.com/hexabuilders/campaignd/targeting/reach"
)

// PanelStore is where panels and their rows are kept.
type PanelStore interface {
	panel.Store
	panel.Blocks
}

// ReachStore is where partners' own shares and past estimates are kept.
type ReachStore interface {
	reach.FactorStore
	reach.Record
}

// Panels holds the stores of panels and of reach to their ports.
func Panels(t *testing.T, b Backend) {
	cases{
		"a panel is read as it was loaded":                 panelStored,
		"a panel that failed keeps no row":                 panelFailed,
		"a partner has at most 20 panels":                  panelMost,
		"another partner's panel is as a missing one":      panelForeign,
		"an upload that begins again starts over":          panelAgain,
		"of two changes of one revision one wins":          panelStale,
		"loads that went silent are found":                 panelAbandoned,
		"a panel that is deleted while it loads is gone":   panelDeletedWhileLoading,
		"own shares are read as they were set":             factorsStored,
		"of two who set the first shares one wins":         factorsStale,
		"the last estimate of each campaign is the latest": estimatesLatest,
	}.run(t, b)
}

// paneled is a partner with the service of panels over the backend.
type paneled struct {
	world
	*panel.Service
	by event.Origin
}

func (w world) paneled() paneled {
	w.Helper()
	by := operator
	by.Partner = w.partner()
	return paneled{w, panel.NewService(panel.Config{Store: w.Backend.Panels, Blocks: w.Backend.Panels, Now: w.Now, NewID: newID}), by}
}

const panelFile = "weight,country,age,job\n10,CO,30,chef\n20,CO,40,cook\n30,PE,50,?\n"

func (p paneled) load(text string) panel.State {
	p.Helper()
	made, err := p.Load(p.Context(), p.by, panel.New{Name: "people", Automatic: true}, panel.CSV, bytes.NewBufferString(text))
	p.must(err)
	return made
}

func panelStored(w world) {
	p := w.paneled()
	made := p.load(panelFile)
	got, err := p.Get(p.Context(), p.by.Partner, made.ID)
	p.must(err)
	if diff := cmp.Diff(made, got); diff != "" {
		p.Error(diff)
	}
	again := w.paneled() // another node, with nothing in memory
	ix, err := again.Index(p.Context(), uuid.Nil, made.ID)
	p.must(err)
	c, err := ix.Count(panel.Question{Configuration: targeting.Configuration{Locations: []targeting.Location{{Country: "CO"}}}})
	p.must(err)
	p.equal("people", c.Hit.Weight, 30.0)
	p.sawOnly(p.by.Partner, "partner.created", "panel.loaded")
	found, err := p.Automatic(p.Context(), p.by.Partner, []string{"CO", "PE"})
	p.must(err)
	p.equal("automatic", found.State().ID, made.ID)
	p.must(p.Delete(p.Context(), p.by, made.ID, made.Revision))
	_, err = p.Get(p.Context(), p.by.Partner, made.ID)
	p.is(err, panel.ErrNotFound)
	p.equal("blocks", p.blocks(made.ID), 0)
}

func (p paneled) blocks(id uuid.UUID) (n int) {
	p.Helper()
	p.must(p.Backend.Panels.Read(p.Context(), p.by.Partner, id, func([]byte) error { n++; return nil }))
	return n
}

func panelFailed(w world) {
	p := w.paneled()
	id := newID()
	_, err := p.Load(p.Context(), p.by, panel.New{ID: id, Name: "people"}, panel.CSV, bytes.NewBufferString("age\nx\n"))
	p.is(err, panel.ErrNobody)
	got, err := p.Get(p.Context(), p.by.Partner, id)
	p.must(err)
	p.equal("status", got.Status, panel.Failed)
	p.equal("blocks", p.blocks(id), 0)
	_, err = p.Index(p.Context(), p.by.Partner, id)
	p.is(err, panel.ErrNotReady)
}

func panelMost(w world) {
	p := w.paneled()
	results := together(panel.MaxPanels+3, func(int) error {
		_, err := p.Load(p.Context(), p.by, panel.New{Name: "people"}, panel.CSV, bytes.NewBufferString(panelFile))
		return err
	})
	p.equal("made", p.tally(results, nil, panel.ErrTooMany), panel.MaxPanels)
	all := pages(p.world, func(cursor string) ([]panel.State, string, error) {
		return p.List(p.Context(), p.by.Partner, 7, cursor)
	}, func() {})
	p.equal("listed", len(all), panel.MaxPanels)
}

func panelForeign(w world) {
	p, stranger := w.paneled(), w.paneled()
	made := p.load(panelFile)
	_, err := stranger.Get(p.Context(), stranger.by.Partner, made.ID)
	p.is(err, panel.ErrNotFound)
	_, err = stranger.Index(p.Context(), stranger.by.Partner, made.ID)
	p.is(err, panel.ErrNotFound)
	p.is(stranger.Delete(p.Context(), stranger.by, made.ID, 0), panel.ErrNotFound)
	found, err := stranger.Automatic(p.Context(), stranger.by.Partner, []string{"CO"})
	p.must(err)
	if found != nil {
		p.Error("another partner's panel answers unasked")
	}
}

func panelAgain(w world) {
	p := w.paneled()
	id := newID()
	begun := panel.Restore(panel.State{ID: id, Partner: p.by.Partner, Revision: 1, Name: "cut", Status: panel.Loading, CreatedAt: p.now(), UpdatedAt: p.now()})
	_, err := p.Backend.Panels.Insert(p.Context(), begun)
	p.must(err)
	p.must(p.Backend.Panels.Append(p.Context(), begun, 0, []byte("half")))
	made, err := p.Load(p.Context(), p.by, panel.New{ID: id, Name: "whole"}, panel.CSV, bytes.NewBufferString(panelFile))
	p.must(err)
	p.equal("rows", made.Progress.Rows, int64(3))
	p.equal("blocks", p.blocks(id), 1)
	lost, err := p.Load(p.Context(), p.by, panel.New{ID: id, Name: "again"}, panel.CSV, bytes.NewBufferString(panelFile))
	p.must(err)
	p.equal("the first answer", lost.Name, "whole")
}

func panelStale(w world) {
	p := w.paneled()
	made := p.load(panelFile)
	results := together(8, func(i int) error {
		name := string(rune('a' + i))
		_, err := p.Change(p.Context(), p.by, made.ID, made.Revision, panel.Patch{Name: &name})
		return err
	})
	p.equal("winners", p.tally(results, nil, panel.ErrStale), 1)
}

func panelAbandoned(w world) {
	p := w.paneled()
	id, long := newID(), p.now().Add(-2*panel.Silence)
	dead := panel.Restore(panel.State{ID: id, Partner: p.by.Partner, Revision: 1, Name: "dead", Status: panel.Loading, CreatedAt: long, UpdatedAt: long})
	_, err := p.Backend.Panels.Insert(p.Context(), dead)
	p.must(err)
	p.must(p.Backend.Panels.Append(p.Context(), dead, 0, []byte("half")))
	p.must(p.Sweep(p.Context()))
	got, err := p.Get(p.Context(), p.by.Partner, id)
	p.must(err)
	p.equal("status", got.Status, panel.Failed)
	p.equal("blocks", p.blocks(id), 0)
}

func panelDeletedWhileLoading(w world) {
	p := w.paneled()
	id := newID()
	begun := panel.Restore(panel.State{ID: id, Partner: p.by.Partner, Revision: 1, Name: "cut", Status: panel.Loading, CreatedAt: p.now(), UpdatedAt: p.now()})
	_, err := p.Backend.Panels.Insert(p.Context(), begun)
	p.must(err)
	p.must(p.Delete(p.Context(), p.by, id, 0))
	p.is(p.Backend.Panels.Append(p.Context(), begun, 0, []byte("late")), panel.ErrNotFound)
	p.equal("blocks", p.blocks(id), 0)
}

// reaching is a partner with the use cases of reach over the backend.
func (w world) reaching() (*reach.Service, event.Origin) {
	w.Helper()
	by := operator
	by.Partner = w.partner()
	return reach.NewService(reach.Config{Defaults: reach.Standard(), Factors: w.Reach, Record: w.Reach, Now: w.Now}), by
}

var tiktok = []reach.Assumed{{Criterion: targeting.ByPlatform, Value: "tiktok", Share: reach.Share{Mid: 0.3, Low: 0.2, High: 0.4}, Source: "Our survey"}}

func factorsStored(w world) {
	s, by := w.reaching()
	none, err := s.OwnFactors(w.Context(), by.Partner)
	w.must(err)
	w.equal("revision", none.Revision, int64(1))
	set, err := s.SetFactors(w.Context(), by, 1, tiktok, false)
	w.must(err)
	got, err := s.OwnFactors(w.Context(), by.Partner)
	w.must(err)
	if diff := cmp.Diff(set, got); diff != "" {
		w.Error(diff)
	}
	w.sawOnly(by.Partner, "partner.created", "reach_factors.changed")
}

func factorsStale(w world) {
	s, by := w.reaching()
	results := together(8, func(int) error {
		_, err := s.SetFactors(w.Context(), by, 1, tiktok, false)
		return err
	})
	w.equal("winners", w.tally(results, nil, reach.ErrStale), 1)
}

func estimatesLatest(w world) {
	_, by := w.reaching()
	campaign, other, at := newID(), newID(), w.now()
	for i, kept := range []reach.Stored{
		{Campaign: campaign, At: at, Mid: 1}, {Campaign: campaign, At: at.Add(time.Second), Mid: 2}, {Campaign: other, At: at, Mid: 3},
		{Campaign: campaign, At: at.Add(time.Second), Mid: 4}, // the same event, handled again
	} {
		kept.Partner = by.Partner
		if err := w.Reach.Save(w.Context(), kept); err != nil {
			w.Fatal(i, err)
		}
	}
	got, err := w.Reach.Latest(w.Context(), by.Partner, 10)
	w.must(err)
	if len(got) != 2 || got[0].Mid != 2 || got[1].Mid != 3 || !got[0].At.Equal(at.Add(time.Second)) {
		w.Errorf("%+v", got)
	}
	settled := got[0]
	settled.Outcome = &reach.Delivered{At: at, Reached: 5, Implied: 7}
	w.must(w.Reach.Settle(w.Context(), settled))
	of, err := w.Reach.Of(w.Context(), by.Partner, campaign)
	w.must(err)
	if len(of) != 2 || of[0].Mid != 1 || of[0].Outcome != nil || of[1].Mid != 2 || of[1].Outcome == nil || of[1].Outcome.Implied != 7 {
		w.Errorf("%+v", of)
	}
	foreign, err := w.Reach.Of(w.Context(), newID(), campaign)
	w.must(err)
	w.equal("another's", len(foreign), 0)
	partners, err := w.Reach.Partners(w.Context())
	w.must(err)
	w.equal("partners with estimates", slices.Contains(partners, by.Partner), true)
	none, err := w.Reach.Latest(w.Context(), newID(), 10)
	w.must(err)
	w.equal("another's", len(none), 0)
}

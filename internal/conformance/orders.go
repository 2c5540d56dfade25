package conformance

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/fault"
)

// foundAndSorted asks for every order under every filter, in pages of every
// small size, and compares with what a plain loop finds.
func foundAndSorted(w world) {
	p, all := w.various()
	filters := map[string]struct {
		q    campaigns.Query
		fits func(campaigns.State) bool
	}{
		"all":                {campaigns.Query{}, func(campaigns.State) bool { return true }},
		"objective":          {campaigns.Query{Objective: []campaigns.Objective{campaigns.Sales}}, func(c campaigns.State) bool { return c.Objective == campaigns.Sales }},
		"either objective":   {campaigns.Query{Objective: []campaigns.Objective{campaigns.Sales, campaigns.Traffic}}, func(c campaigns.State) bool { return c.Objective != campaigns.Leads }},
		"an objective of no": {campaigns.Query{Objective: []campaigns.Objective{campaigns.Awareness}}, func(campaigns.State) bool { return false }},
		"channel":            {campaigns.Query{Channels: []string{"social"}}, func(c campaigns.State) bool { return slices.Contains(c.Channels, "social") }},
		"part of a channel":  {campaigns.Query{Channels: []string{"soc"}}, func(campaigns.State) bool { return false }},
		"either label":       {campaigns.Query{Labels: []string{`a "b" \ c`, "año"}}, func(c campaigns.State) bool { return len(c.Labels) > 0 }},
		"label and channel": {campaigns.Query{Labels: []string{"año"}, Channels: []string{"search"}}, func(c campaigns.State) bool {
			return slices.Contains(c.Labels, "año") && slices.Contains(c.Channels, "search")
		}},
		"from": {campaigns.Query{From: w.day(3)}, func(c campaigns.State) bool { return c.Schedule != nil && c.Schedule.End.After(w.day(3)) }},
		"to":   {campaigns.Query{To: w.day(3)}, func(c campaigns.State) bool { return c.Schedule != nil && c.Schedule.Start.Before(w.day(3)) }},
		"from and to": {campaigns.Query{From: w.day(2), To: w.day(3)}, func(c campaigns.State) bool {
			return c.Schedule != nil && c.Schedule.Start.Before(w.day(3)) && c.Schedule.End.After(w.day(2))
		}},
	}
	for name, f := range filters {
		for _, by := range append([]campaigns.Order{""}, campaigns.Orders...) {
			var want []uuid.UUID
			for _, c := range slices.SortedFunc(slices.Values(all), inOrder(by)) {
				if f.fits(c) {
					want = append(want, c.ID)
				}
			}
			for size := 1; size <= 5; size += 2 {
				q := f.q
				q.Sort, q.Limit = by, size
				if got := w.listed(p, q, nil); !slices.Equal(got, want) {
					w.Errorf("%s by %q, %d a page: got %v, want %v", name, by, size, got, want)
				}
			}
		}
	}
}

// various are campaigns of which several share each key, and some have none.
func (w world) various() (partner uuid.UUID, all []campaigns.State) {
	partner = w.partner()
	names := []string{"Ñandú", "autumn", "Autumn", "Zebra", "autumn sale", "été"}
	objectives := []campaigns.Objective{campaigns.Sales, campaigns.Leads, campaigns.Traffic}
	channels := [][]string{{"search"}, {"search", "social"}, {"display"}}
	labels := [][]string{nil, {"año"}, {"spring", `a "b" \ c`}}
	for i := range 12 {
		in := w.asks(partner, names[i%len(names)], newID())
		in.Objective, in.Channels, in.Labels = objectives[i%3], channels[i/2%3], labels[i/3%3]
		c, err := campaigns.New(operator, w.now(), in)
		w.must(err)
		if i%4 != 3 {
			w.must(c.Schedule(operator, w.now(), campaigns.Schedule{Start: w.day(1 + i%3), End: w.day(2 + i%3 + i%2)}))
		}
		w.must(w.Campaigns.Insert(w.Context(), c, w.opens(c.State())))
		all = append(all, c.State())
	}
	return partner, all
}

// day is a midnight to come.
func (w world) day(n int) time.Time {
	return w.now().Truncate(24*time.Hour).AddDate(0, 0, n)
}

// inOrder compares as an order promises.
func inOrder(by campaigns.Order) func(a, b campaigns.State) int {
	name, down := strings.CutPrefix(string(cmp.Or(by, campaigns.Newest)), "-")
	moment := func(c campaigns.State) (at time.Time, has bool) {
		switch {
		case c.Schedule == nil:
			return at, false
		case name == "start":
			return c.Schedule.Start, true
		}
		return c.Schedule.End, true
	}
	key := func(a, b campaigns.State) int {
		switch name {
		case "created":
			return 0
		case "name":
			return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
		}
		atA, hasA := moment(a)
		atB, hasB := moment(b)
		if hasA != hasB {
			last := 1
			if hasA != down {
				last = -1
			}
			return last
		}
		return atA.Compare(atB)
	}
	return func(a, b campaigns.State) int {
		order := cmp.Or(key(a, b), bytes.Compare(a.ID[:], b.ID[:]))
		if down {
			return -order
		}
		return order
	}
}

// sortedPages adds campaigns before, at and behind the place of every page.
func sortedPages(w world) {
	p := w.partner()
	var want []string
	for i := range 6 {
		name := fmt.Sprintf("m%d", i)
		w.draft(p, name)
		want = append(want, name)
	}
	var got []string
	for q := (campaigns.Query{Sort: campaigns.ByName, Limit: 2}); ; {
		items, next, err := w.Campaigns.List(w.Context(), p, q)
		w.must(err)
		for _, c := range items {
			got = append(got, c.State().Name)
		}
		if q.Cursor = next; next == "" {
			break
		}
		w.draft(p, "a before all pages")
		if len(got) == 2 {
			w.draft(p, "m1") // of the last key shown, and newer
			want = slices.Insert(want, 2, "m1")
		}
	}
	if !slices.Equal(got, want) {
		w.Errorf("got %v, want %v", got, want)
	}

	_, byName, err := w.Campaigns.List(w.Context(), p, campaigns.Query{Sort: campaigns.ByName, Limit: 1})
	w.must(err)
	nul := base64.RawURLEncoding.EncodeToString([]byte(`{"Order":"name","Text":"a\u0000"}`))
	for sort, cursor := range map[campaigns.Order]string{"": byName, campaigns.ByNameDown: byName, campaigns.ByStart: byName, campaigns.ByName: nul} {
		_, _, err := w.Campaigns.List(w.Context(), p, campaigns.Query{Sort: sort, Cursor: cursor})
		w.equal("a cursor of another order at "+string(sort), fault.KindOf(err), fault.Malformed)
	}
}

package performance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hexabuilders/campaignd/fault"
)

// Refusals of sums over what has none.
var (
	ErrMixedCurrencies = fault.New(fault.Invalid, "mixed_currencies", "The sum would mix currencies.",
		"Group by campaign, or send allow_mixed=true for one item of each currency; nothing is converted.")
	ErrMixedZones = fault.New(fault.Invalid, "mixed_time_zones", "The days of these campaigns begin at different moments.",
		"Group by campaign, use granularity=hour or total, or send allow_mixed=true for one item of each time zone.")
	ErrMixedWindows = fault.New(fault.Invalid, "mixed_attribution_windows", "The sum would mix conversions that were counted under different attribution windows.",
		"Group by source, or send allow_mixed=true for one item of each attribution window.")
)

// Mark says what an item of a mix is made of.
type Mark struct {
	Currency string
	Timezone string             // of the days; empty unless zones are mixed
	Window   *AttributionWindow // nil when none is declared, or windows are not mixed
	Windows  bool               // windows are mixed: Sources has this one, and a nil Window is undeclared
	Sources  []string           // those in the item; "" did not say
}

// piece is one campaign's item, of one source where windows matter.
type piece struct {
	Item
	subject *Subject
	source  string
	window  *AttributionWindow
}

// attributed reports whether the piece holds what windows decide about.
func (p *piece) attributed() bool { return p.Conversions != 0 || p.Revenue != 0 }

func (p *piece) windowName() string {
	if p.window == nil {
		return "undeclared"
	}
	return p.window.String()
}

// mixture joins pieces to items and finds out what a sum would mix.
type mixture struct {
	groupBy          []string
	days             bool // the buckets are local days
	parted           bool // one item of each currency, zone and window
	byWindow, byZone bool // what is parted by, besides currency
	places           map[string]*blend
	order            []*blend
	contents         []*content
	groups           map[string]*content
}

// blend is one item while it is added up.
type blend struct {
	MarkedItem
	*content
}

// content is what a group is made of, in all its buckets: a course whose buckets
// are of different currencies lies as a sum does.
type content struct {
	currencies, zones names
	windows           map[string]*names // sources by window
}

func newMixture(q Query, days bool) *mixture {
	return &mixture{groupBy: q.GroupBy, days: days, places: map[string]*blend{}, groups: map[string]*content{}}
}

// MarkedItem is an item and, where a mix was asked for, what it is made of.
type MarkedItem struct {
	Item
	Mark *Mark
}

func (m *mixture) add(p *piece) {
	b := m.place(p)
	if b.Totals.Events == 0 && b.Totals.Currency == "" {
		b.Totals = p.Totals
	} else {
		joinTotals(&b.Totals, &p.Totals)
	}
	b.currencies.add(p.subject.Currency)
	if m.days {
		b.zones.add(p.subject.Zone.String())
	}
	if p.attributed() {
		sources := b.windows[p.windowName()]
		if sources == nil {
			sources = &names{}
			b.windows[p.windowName()] = sources
		}
		sources.add(shownSource(p.source))
	}
	if m.parted {
		m.mark(b, p)
	}
}

// shownSource names events that do not say their source.
func shownSource(source string) string {
	if source == "" {
		return "(none)"
	}
	return source
}

func (m *mixture) mark(b *blend, p *piece) {
	if b.Mark == nil {
		b.Mark = &Mark{Currency: p.subject.Currency, Windows: m.byWindow}
		if m.byZone {
			b.Mark.Timezone = p.subject.Zone.String()
		}
		if m.byWindow {
			b.Mark.Window = p.window
		}
	}
	if at, found := slices.BinarySearch(b.Mark.Sources, p.source); m.byWindow && !found {
		b.Mark.Sources = slices.Insert(b.Mark.Sources, at, p.source)
	}
}

// place finds the item that a piece belongs to.
func (m *mixture) place(p *piece) *blend {
	key := ""
	for _, name := range m.groupBy {
		key += fmt.Sprintf("|%q", p.Group[name])
	}
	group := m.groups[key]
	if group == nil {
		group = &content{windows: map[string]*names{}}
		m.groups[key] = group
		m.contents = append(m.contents, group)
	}
	key += fmt.Sprint("|", p.From.UnixMicro(), "|", p.To.UnixMicro())
	if m.parted {
		key += "|" + p.subject.Currency
		if m.byZone {
			key += "|" + p.subject.Zone.String()
		}
		if m.byWindow {
			key += "|" + p.windowName()
		}
	}
	b := m.places[key]
	if b == nil {
		b = &blend{content: group}
		b.From, b.To = p.From, p.To
		if len(m.groupBy) > 0 {
			b.Group = map[string]string{}
		}
		for _, name := range m.groupBy {
			b.Group[name] = p.Group[name]
		}
		m.places[key] = b
		m.order = append(m.order, b)
	}
	return b
}

// refusal is what a sum would mix in the first group that mixes anything.
func (m *mixture) refusal() error {
	for _, b := range m.contents {
		switch {
		case len(b.currencies.list) > 1:
			return ErrMixedCurrencies.With("The sum would mix %s.", strings.Join(b.currencies.list, ", ")).
				WithExtra("currencies", b.currencies.list)
		case len(b.zones.list) > 1:
			return ErrMixedZones.With("The days begin at different moments in %s.", strings.Join(b.zones.list, ", ")).
				WithExtra("time_zones", b.zones.list)
		case len(b.windows) > 1:
			return mixedWindows(b.windows)
		}
	}
	return nil
}

func mixedWindows(windows map[string]*names) error {
	sources, texts := map[string][]string{}, []string(nil)
	for window, of := range windows {
		sources[window] = of.list
		texts = append(texts, fmt.Sprintf("%s (%s)", strings.Join(of.list, ", "), window))
	}
	slices.Sort(texts)
	return ErrMixedWindows.With("Conversions and revenue of these sources are counted under different attribution windows: %s.", strings.Join(texts, "; ")).
		WithExtra("sources", sources)
}

// mixes reports which kinds of mix there are anywhere.
func (m *mixture) mixes() (zones, windows, some bool) {
	for _, b := range m.contents {
		zones = zones || len(b.zones.list) > 1
		windows = windows || len(b.windows) > 1
		some = some || zones || windows || len(b.currencies.list) > 1
	}
	return zones, windows, some
}

// items are the joined ones in the order of time and group.
func (m *mixture) items() []MarkedItem {
	slices.SortStableFunc(m.order, func(x, y *blend) int {
		if c := x.From.Compare(y.From); c != 0 {
			return c
		}
		for _, name := range m.groupBy {
			if c := strings.Compare(x.Group[name], y.Group[name]); c != 0 {
				return c
			}
		}
		return 0
	})
	items := make([]MarkedItem, len(m.order))
	for i, b := range m.order {
		items[i] = b.MarkedItem
	}
	return items
}

// joinTotals adds what adds up. People are not added up: the reach of several
// is not known. Of other gauges only a single one is known.
func joinTotals(to, more *Totals) {
	to.Events += more.Events
	for m := range Reach {
		*to.At(m) += *more.At(m)
	}
	to.Custom = addCustom(to.Custom, more.Custom)
	if more.ReachMixed || to.Present.Has(Reach) && more.Present.Has(Reach) {
		to.ReachMixed = true
	}
	for m := Reach; m < NumMetrics; m++ {
		switch both := to.Present.Has(m) && more.Present.Has(m); {
		case both || m == Reach && to.ReachMixed:
			*to.At(m), to.Present = 0, to.Present&^(1<<m)
		case more.Present.Has(m):
			to.Set(m, *more.At(m))
		}
	}
}

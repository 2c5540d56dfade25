package performance

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Explorer answers queries without adding up what has no sum: amounts of
// different currencies, local days of different zones, and conversions that
// sources count under different attribution windows.
//
// The windows are what the partner declares of each source. A source of which
// nothing is declared is not guessed: all such sources are one group of their
// own, which mixes with no declared window. A partner that declares nothing is
// not asked to: its conversions are added up as they come.
type Explorer struct {
	service *Service
	sources *Sources
}

// NewExplorer answers from a service, by the windows that are declared.
func NewExplorer(service *Service, sources *Sources) *Explorer { return &Explorer{service, sources} }

// MixedResult answers a query of an Explorer.
type MixedResult struct {
	At, KnownAt time.Time
	Granularity string
	Currency    string // of all items; empty when they differ
	Mixed       bool   // the items are marked, and one bucket and group may have several
	Items       []MarkedItem
}

// Dimensions of a partner's queries besides those of events.
const (
	ByCampaign = "campaign"
	ByType     = "type"
)

// maxCampaigns bounds what one query of a partner reads.
const maxCampaigns = 1000

// Campaign answers a query about one campaign. Its errors are those of
// Service.Metrics and, unless a mix is allowed, ErrMixedWindows.
func (x *Explorer) Campaign(ctx context.Context, partner, campaign uuid.UUID, q Query, allowMixed bool) (MixedResult, error) {
	subject, err := x.service.subject(ctx, partner, campaign)
	if err != nil {
		return MixedResult{}, err
	}
	windows, err := x.sources.windows(ctx, subject.Partner)
	if err != nil {
		return MixedResult{}, err
	}
	if len(windows) == 0 || slices.Contains(q.GroupBy, "source") {
		return x.plain(ctx, subject, q)
	}
	result, err := x.blend(ctx, []*Subject{&subject}, q, windows, allowMixed)
	if err != nil || result.Mixed {
		return result, err
	}
	q.KnownAt = result.KnownAt
	return x.plain(ctx, subject, q)
}

func (x *Explorer) plain(ctx context.Context, subject Subject, q Query) (MixedResult, error) {
	r, err := x.service.Metrics(ctx, subject.Partner, subject.Campaign, q)
	out := MixedResult{At: r.At, KnownAt: r.KnownAt, Granularity: r.Granularity, Currency: r.Currency, Items: make([]MarkedItem, len(r.Items))}
	for i, item := range r.Items {
		out.Items[i].Item = item
	}
	return out, err
}

// Partner answers a query over all campaigns of a partner that have delivered
// anything; GroupBy may also name campaign and type. Its errors are those of
// Service.Metrics and, unless a mix is allowed, ErrMixedCurrencies,
// ErrMixedZones and ErrMixedWindows.
func (x *Explorer) Partner(ctx context.Context, partner uuid.UUID, q Query, allowMixed bool) (MixedResult, error) {
	windows, err := x.sources.windows(ctx, partner)
	if err != nil {
		return MixedResult{}, err
	}
	subjects, err := x.delivering(ctx, partner)
	if err != nil {
		return MixedResult{}, err
	}
	// One moment of knowledge for all campaigns, however long it takes.
	settled, err := x.service.log.Settled(ctx, partner)
	if err != nil {
		return MixedResult{}, err
	}
	if known := time.UnixMicro(settled); q.KnownAt.IsZero() || q.KnownAt.After(known) {
		q.KnownAt = known
	}
	return x.blend(ctx, subjects, q, windows, allowMixed)
}

// delivering are the partner's campaigns that have delivered anything.
func (x *Explorer) delivering(ctx context.Context, partner uuid.UUID) ([]*Subject, error) {
	cells, err := x.service.log.Totals(ctx, partner, uuid.Nil)
	if err != nil {
		return nil, err
	}
	var ids []uuid.UUID
	for _, c := range cells {
		if len(ids) == 0 || ids[len(ids)-1] != c.Campaign {
			ids = append(ids, c.Campaign)
		}
	}
	slices.SortFunc(ids, compareIDs)
	ids = slices.Compact(ids)
	if len(ids) > maxCampaigns {
		return nil, ErrRange.With("The partner has %d campaigns with delivery; at most %d are answered together. Ask for them one by one.", len(ids), maxCampaigns)
	}
	found, err := x.service.subjects.of(ctx, partner, ids)
	subjects := make([]*Subject, 0, len(ids))
	for _, id := range ids {
		if found[id] != nil {
			subjects = append(subjects, found[id])
		}
	}
	return subjects, err
}

// blend asks for every campaign, by source where windows matter, and joins the
// answers.
func (x *Explorer) blend(ctx context.Context, subjects []*Subject, q Query, windows map[string]AttributionWindow, allowMixed bool) (MixedResult, error) {
	split := len(windows) > 0 && !slices.Contains(q.GroupBy, "source")
	out, err := x.emptyResult(q)
	if err != nil {
		return out, err
	}
	var pieces []*piece
	for _, subject := range subjects {
		result, err := x.service.Metrics(ctx, subject.Partner, subject.Campaign, ofEvents(q, split))
		if err != nil {
			return out, err
		}
		out.KnownAt = result.KnownAt
		for _, item := range result.Items {
			if len(pieces) > maxCells {
				return out, ErrRange.With("The answer has too many groups; ask for fewer dimensions or a shorter range.")
			}
			if item.Events > 0 { // a campaign of which nothing was known then mixes nothing
				pieces = append(pieces, newPiece(item, subject, windows))
			}
		}
	}
	mixed := newMixture(q, out.Granularity == "day")
	mixed.take(pieces)
	zones, byWindow, mixes := mixed.mixes()
	switch {
	case mixes && !allowMixed:
		return out, mixed.refusal()
	case mixes:
		mixed = newMixture(q, mixed.days)
		mixed.parted, mixed.byZone, mixed.byWindow = true, zones, byWindow
		mixed.take(pieces)
		out.Mixed = true
	}
	out.Items = mixed.items()
	if len(out.Items) > MaxItems {
		return out, ErrRange.With("The answer has more than %d items.", MaxItems)
	}
	out.Currency = oneCurrency(out.Items)
	return out, nil
}

// emptyResult checks what would otherwise be checked only when there is a
// campaign to ask about.
func (x *Explorer) emptyResult(q Query) (MixedResult, error) {
	settled := q.KnownAt
	if settled.IsZero() {
		settled = x.service.now()
	}
	a, err := newAsk(Subject{Zone: time.UTC}, ofEvents(q, false), x.service.now(), settled.UnixMicro())
	if err != nil {
		return MixedResult{}, err
	}
	return MixedResult{At: q.At, KnownAt: q.KnownAt, Granularity: widthNames[a.width]}, nil
}

// ofEvents is a query in the dimensions that events have.
func ofEvents(q Query, bySource bool) Query {
	var groupBy []string
	for _, name := range q.GroupBy {
		if name != ByCampaign && name != ByType {
			groupBy = append(groupBy, name)
		}
	}
	if bySource {
		groupBy = append(groupBy, "source")
	}
	q.GroupBy = groupBy
	return q
}

func newPiece(item Item, subject *Subject, windows map[string]AttributionWindow) *piece {
	p := &piece{Item: item, subject: subject, source: item.Group["source"]}
	if w, ok := windows[p.source]; ok {
		p.window = &w
	}
	group := map[string]string{ByCampaign: subject.Campaign.String(), ByType: subject.Type}
	for name, value := range item.Group {
		group[name] = value
	}
	p.Group = group
	return p
}

func (m *mixture) take(pieces []*piece) {
	for _, p := range pieces {
		m.add(p)
	}
}

func oneCurrency(items []MarkedItem) string {
	currency := ""
	for i, item := range items {
		if i > 0 && item.Currency != currency {
			return ""
		}
		currency = item.Currency
	}
	return currency
}

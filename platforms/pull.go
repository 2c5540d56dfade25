package platforms

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/performance"
)

// Pull is what one pull of an account brought.
type Pull struct {
	At        time.Time    `json:"at"`
	From      localday.Day `json:"from"`
	To        localday.Day `json:"to"`
	Rows      int          `json:"rows"`                 // read
	Posted    int          `json:"posted"`               // differences that were new
	Unplaced  int          `json:"unplaced"`             // of campaigns that are not placed from here
	Refused   int          `json:"refused"`              // that could not be taken
	Refusals  []BadRow     `json:"refusals"`             // the first of them
	RequestID string       `json:"request_id,omitempty"` // of the last page
	Problem   *Failure     `json:"problem,omitempty"`    // why it ended early; what came before stands
}

// maxRefusals bounds the list in a Pull.
const maxRefusals = 20

// Puller brings delivery home.
type Puller struct {
	Config
	Timing
	Seen    RowStore
	Metrics Metrics
}

// NewPuller works on the same ports as the Service, and posts to metrics.
func NewPuller(c Config, t Timing, rows RowStore, metrics Metrics) *Puller {
	return &Puller{c, t, rows, metrics}
}

// puller is who the log names for pulled delivery.
var puller = event.Origin{Kind: event.ActorScheduler, ID: "platforms.pull", From: "scheduler"}

// Tick pulls every account that is due. One that fails holds up no other.
func (p *Puller) Tick(ctx context.Context) error {
	due, err := p.Accounts.Due(ctx, p.now(), atOnce)
	for _, ref := range due {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := p.Pull(ctx, ref); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "ad account not pulled, trying again", "ad_account", ref.ID, "error", err)
		}
	}
	return err
}

// Pull reads an account's delivery of the last days and posts what differs from
// what was posted before. Two at once post the same: see RowStore.Reserve.
func (p *Puller) Pull(ctx context.Context, ref Ref) error {
	account, err := p.Accounts.Get(ctx, ref.Partner, ref.ID)
	if err != nil || account.state.Status != Connected {
		return err
	}
	access, connector, err := p.access(account.state)
	if err != nil {
		return err
	}
	today := localday.Of(p.now(), access.Zone)
	t := &turn{Puller: p, ref: ref, access: access, account: account.state, Pull: Pull{
		At: p.now(), From: today - localday.Day(p.LookBack-1), To: today, Refusals: []BadRow{},
	}}
	if t.placed, err = p.placed(ctx, ref); err != nil {
		return err
	}
	err = connector.Delivery(ctx, access, t.From, t.To, func(page Page) error { return t.take(ctx, page) })
	if err == nil {
		err = p.Seen.Forget(ctx, account.state.book(), int64(t.From)-keepDays)
	}
	return t.close(context.WithoutCancel(ctx), err)
}

// keepDays is how long rows are remembered after they are no longer pulled, so
// that a longer look-back later finds most of what was posted.
const keepDays = 70

// turn is one pull under way.
type turn struct {
	*Puller
	Pull
	ref     Ref
	account AdAccountState
	access  Access
	placed  map[string]placedAs // by the platform's campaign
}

// placedAs is where a platform's campaign is filed, and what its ads are of ours,
// by the platform's ad.
type placedAs struct {
	campaign uuid.UUID
	ads      map[string]Object
}

// placed lists what runs on the account, placements that have ended included:
// late conversions come for weeks.
func (p *Puller) placed(ctx context.Context, ref Ref) (map[string]placedAs, error) {
	found, err := p.Placements.Of(ctx, ref.Partner, Whose{Account: ref.ID})
	all := map[string]placedAs{}
	for _, placement := range found {
		as := placedAs{placement.state.Campaign, map[string]Object{}}
		for _, o := range placement.state.Objects {
			if o.Kind == "ad" {
				as.ads[o.External] = o
			}
		}
		for _, o := range placement.state.Objects {
			if o.Kind == "campaign" && o.External != "" {
				all[o.External] = as
			}
		}
	}
	return all, err
}

// batch is how many rows are in hand at once, however large a page is.
const batch = 1000

func (t *turn) take(ctx context.Context, page Page) error {
	t.RequestID = page.RequestID
	for _, bad := range page.Bad {
		t.Rows++
		t.refuse(bad)
	}
	rows := page.Rows
	for len(rows) > 0 {
		n := min(batch, len(rows))
		if err := t.post(ctx, rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func (t *turn) refuse(bad BadRow) {
	t.Refused++
	if len(t.Refusals) < maxRefusals {
		t.Refusals = append(t.Refusals, bad)
	}
}

// post reserves, sends and settles the differences of some rows.
func (t *turn) post(ctx context.Context, rows []Row) error {
	wanted, about := map[RowKey]Reservation{}, map[RowKey]*Row{}
	for i := range rows {
		r := &rows[i]
		t.Rows++
		switch _, ok := t.placed[r.Campaign]; {
		case !ok:
			t.Unplaced++
		case r.check(t.access) != "":
			t.refuse(BadRow{Row: r.name(), Code: "row_refused", Detail: r.check(t.access)})
		default:
			key := r.key(t.account)
			wanted[key], about[key] = Reservation{int64(r.Day), r.Figures}, r
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	known, err := t.Seen.Reserve(ctx, t.account.book(), wanted)
	if err != nil {
		return err
	}
	var events []performance.Event
	var keys []RowKey
	for key, k := range known {
		if k.Pending != nil {
			events, keys = append(events, t.event(about[key], key, k)), append(keys, key)
		}
	}
	return t.send(ctx, events, keys, known)
}

// send posts events and settles their rows. What is refused is given up: the
// next pull says it again, and the pull says why.
func (t *turn) send(ctx context.Context, events []performance.Event, keys []RowKey, known map[RowKey]Known) error {
	if len(events) == 0 {
		return nil
	}
	by := puller
	by.Partner = t.ref.Partner
	receipt, err := t.Metrics.Record(ctx, by, events)
	if err != nil {
		return err
	}
	t.Posted += receipt.Accepted
	settled, dropped := map[RowKey]int64{}, map[RowKey]int64{}
	for i, key := range keys {
		settled[key] = known[keys[i]].Version
	}
	for _, r := range receipt.Rejected {
		if r.Code == performance.CodeIDReused {
			continue // taken before a crash, in other words: after midnight it has another cause, and the same figures
		}
		key := keys[r.Index]
		dropped[key] = settled[key]
		delete(settled, key)
		t.refuse(BadRow{Row: events[r.Index].ID, Code: r.Code, Detail: r.Detail})
	}
	if err := t.Seen.Settle(ctx, t.account.book(), settled); err != nil {
		return err
	}
	if len(dropped) > 0 {
		return t.Seen.Drop(ctx, t.account.book(), dropped)
	}
	return nil
}

// event is the difference between what was posted of a row and what is pending.
// Its id is made of the row and how many differences came before.
func (t *turn) event(r *Row, key RowKey, k Known) performance.Event {
	as := t.placed[r.Campaign]
	ad, diff := as.ads[r.Ad], k.Pending.less(k.Figures)
	e := performance.Event{
		ID:         string(t.account.Platform) + "-api:" + key.String() + ":" + strconv.FormatInt(k.Version, 10),
		Campaign:   as.campaign,
		OccurredAt: r.at(t.access.Zone).UnixMicro(),
		Dimensions: performance.Dimensions{
			Channel: cmp.Or(ad.Channel, r.Channel), Source: string(t.account.Platform), Ad: r.Ad, Creative: cmp.Or(ad.Name, strings.TrimPrefix(ad.Key, "ad:")), Device: r.Device,
		},
		Currency: string(t.account.Currency),
		Metrics: performance.Metrics{
			Impressions: diff.Impressions, Clicks: diff.Clicks, Conversions: diff.Conversions, Spend: diff.Spend, Revenue: diff.Revenue,
		},
	}
	if k.Version > 0 && r.Day < t.To {
		e.Cause = diff.cause()
	}
	return e
}

// close notes the pull on the account. A token that is no longer good stops the
// pulls; everything else is tried again at the next turn.
func (t *turn) close(ctx context.Context, err error) error {
	next := t.now().Add(t.Timing.Pull)
	var f *Failure
	if errors.As(err, &f) {
		t.Problem = f
		if f.RetryAfter > 0 {
			next = t.now().Add(f.RetryAfter)
		}
	}
	_, saved := t.Accounts.Update(ctx, t.ref.Partner, t.ref.ID, 0, func(a *Account) error {
		a.pulled(t.Pull, next)
		if f != nil && f.Class == Unauthorized {
			a.refused(puller, t.now(), f)
		}
		return nil
	})
	return errors.Join(err, saved)
}

// check says what is wrong with a row; nothing when it can be taken.
func (r *Row) check(a Access) string {
	switch f := r.Figures; {
	case r.Currency != "" && r.Currency != string(a.Currency):
		return "It is in " + r.Currency + " and the account in " + string(a.Currency) + "."
	case f.Impressions < 0 || f.Clicks < 0 || f.Conversions < 0 || f.Spend < 0 || f.Revenue < 0:
		return "It has a negative sum."
	case f.Impressions > performance.MaxCount || f.Clicks > performance.MaxCount || f.Conversions > performance.MaxCount:
		return "It has a count that no account can have."
	case f.Spend > performance.MaxMoney || f.Revenue > performance.MaxMoney:
		return "It has an amount that no account can have."
	case r.Hour < 0 || r.Hour > 23:
		return "It has an hour that no day has."
	}
	return ""
}

// name is the row as a person would find it at the platform.
func (r *Row) name() string {
	return "campaign " + r.Campaign + ", ad " + r.Ad + ", " + r.Day.String() + " " + strconv.Itoa(r.Hour) + " h"
}

// at is the beginning of the row's hour.
func (r *Row) at(zone *time.Location) time.Time {
	from, _ := localday.Bounds(r.Day, zone)
	if r.Hour == 0 {
		return from
	}
	local := from.In(zone)
	return time.Date(local.Year(), local.Month(), local.Day(), r.Hour, 0, 0, 0, zone)
}

// book is where the account's rows are remembered: under its number at the
// platform, so that an account which is disconnected and connected again counts
// nothing twice.
func (s AdAccountState) book() Ref {
	sum := sha256.Sum256([]byte(string(s.Platform) + "\x00" + s.External))
	return Ref{s.Partner, uuid.UUID(sum[:16])}
}

// key is the row's identity: everything that says which delivery it is about,
// and no figure.
func (r *Row) key(a AdAccountState) RowKey {
	b := make([]byte, 0, 128)
	for _, part := range []string{string(a.Platform), a.External, r.Campaign, r.Ad, r.Device, r.Channel} {
		b = append(binary.AppendUvarint(b, uint64(len(part))), part...)
	}
	b = binary.AppendVarint(b, int64(r.Day))
	b = binary.AppendVarint(b, int64(r.Hour))
	sum := sha256.Sum256(b)
	return RowKey(sum[:16])
}

func (f Figures) less(o Figures) Figures {
	return Figures{f.Impressions - o.Impressions, f.Clicks - o.Clicks, f.Conversions - o.Conversions, f.Spend - o.Spend, f.Revenue - o.Revenue}
}

// cause is why a day that was over changed.
func (f Figures) cause() string {
	if f.Spend < 0 || f.Clicks < 0 || f.Impressions < 0 {
		return performance.CauseInvalidTraffic
	}
	if f.Conversions > 0 && f.Spend == 0 {
		return performance.CauseLateConversion
	}
	return performance.CausePlatformAdjustment
}

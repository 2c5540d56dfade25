package sandbox

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/internal/market"
	"github.com/hexabuilders/campaignd/localday"
)

// flight is the delivery of one campaign.
type flight struct {
	auctions []*market.Auction // the last one delivers; earlier ones still have conversions to come
	shape    string            // of the ads and the bid that the last auction was made for
	until    time.Time         // how far it has been simulated
	rows     map[rowKey]*Figures
	spent    map[localday.Day]int64 // micros
	total    int64
	mood     map[localday.Day]float64 // how well a day goes
	budgets  map[localday.Day]float64 // the daily budget that a day had last
}

func newFlight(from time.Time) *flight {
	return &flight{rows: map[rowKey]*Figures{}, spent: map[localday.Day]int64{}, mood: map[localday.Day]float64{}, budgets: map[localday.Day]float64{}, until: from}
}

// rowKey is an hour of an ad on a device, in the account's time.
type rowKey struct {
	ad, device string
	day        localday.Day
	hour       int
}

// Figures are counts, and money in micros.
type Figures struct {
	Impressions, Clicks, Conversions int64
	Spend, Revenue                   int64
}

// terms are how a campaign may deliver, as each platform has it set.
type terms struct {
	active     bool
	start, end time.Time
	daily      float64 // units of currency; 0 where only a total is set
	total      float64
	bid        float64 // what a result may cost; 0: as it comes
	results    float64 // of a click, or of a thousand impressions: what the bid is for
	perClick   bool
	overspend  float64 // a day may spend so many times the daily budget,
	monthly    float64 // and a month so many times; 0: nobody counts months
	ads        []*thing
	devices    []string
}

// settle simulates every campaign up to now. It is called under the lock, before
// anything is read or changed.
func (s *Sandbox) settle() {
	s.work()
	for _, t := range s.things {
		if t.kind == "campaign" {
			s.fly(t)
		}
	}
}

// fly delivers a campaign hour by hour since it was last asked about.
func (s *Sandbox) fly(c *thing) {
	f, now := c.flight, s.now()
	for f.until.Before(now) {
		next := f.until.Truncate(time.Hour).Add(time.Hour)
		if next.After(now) {
			next = now
		}
		s.hour(c, f.until, next)
		f.until = next
	}
}

// hour is what a campaign delivers in a part of an hour.
func (s *Sandbox) hour(c *thing, from, to time.Time) {
	f, t := c.flight, s.terms(c)
	intensity := s.intensity(f, t, c.account, from)
	if intensity > 0 {
		f.enter(c, t)
	}
	for i, a := range f.auctions {
		now := 0.0
		if i == len(f.auctions)-1 {
			now = intensity
		}
		for _, d := range a.Deliver(from, to, now) {
			if d.Spend > 0 {
				d.Spend = min(d.Spend, max(0, f.room(t, localday.Of(from, c.account.zone), f.daily(t, from))))
			}
			f.book(c.account.zone, d, to)
		}
	}
}

// nominal is the daily budget that auctions are made for; what a campaign really
// has multiplies it.
const nominal = 100.0

// intensity is how strongly a campaign bids in this hour, and 0 when it does not.
func (s *Sandbox) intensity(f *flight, t terms, a *account, from time.Time) float64 {
	if !t.active || len(t.ads) == 0 || from.Before(t.start) || !t.end.IsZero() && !from.Before(t.end) {
		return 0
	}
	day, daily := localday.Of(from, a.zone), f.daily(t, from)
	if f.mood[day] == 0 {
		f.mood[day] = math.Exp(0.15 * s.random.NormFloat64())
	}
	if t.daily > 0 {
		f.budgets[day] = daily
	}
	if f.room(t, day, daily) <= 0 {
		return 0
	}
	return daily / nominal * min(f.mood[day], t.overspend)
}

// daily is what a campaign means to spend on a day: its budget, or of a total one
// the part for each day that is left.
func (f *flight) daily(t terms, at time.Time) float64 {
	if t.daily > 0 {
		return t.daily
	}
	return max(0, t.total-float64(f.total)/1e6) / max(t.end.Sub(at).Hours()/24, 1)
}

// room is how many micros may still be spent, by the rules of the day, the month
// and the whole flight. What is delivered beyond it is not charged.
func (f *flight) room(t terms, day localday.Day, daily float64) int64 {
	room := int64(daily*t.overspend*1e6) - f.spent[day]
	if t.total > 0 {
		room = min(room, int64(t.total*1e6)-f.total)
	}
	if t.monthly > 0 {
		room = min(room, f.monthRoom(day, daily, t.monthly))
	}
	return room
}

// monthRoom is what is left of a month: of the budgets that its days have had, and
// of today's for the rest of so many days.
func (f *flight) monthRoom(day localday.Day, daily, days float64) int64 {
	may, spent := daily*days, int64(0)
	for d := day; ; d-- {
		spent += f.spent[d]
		if had, known := f.budgets[d]; known {
			may += had - daily
		}
		if strings.HasSuffix(d.String(), "-01") {
			return int64(may*1e6) - spent
		}
	}
}

// The going rates of what is shown among other things, and of what is searched.
const (
	shownCPM, shownCTR, shownCVR          = 4.5, 0.011, 0.02
	searchedCPC, searchedCTR, searchedCVR = 0.55, 0.05, 0.04
)

// spread is how much others' bids differ, in logarithms, about the going price.
const spread = 0.35

// against is which part of the inventory a bid wins, and what it pays, in going
// prices. Who bids most wins and pays what the next one bid, which is lognormal:
// a bid of half the going price wins one auction in forty and pays less than it
// bids, one of twice wins nearly all and pays little more than the going price.
func against(ratio float64) (wins, pays float64) {
	x := math.Log(min(max(ratio, 0.05), 20)) / spread
	wins = normal(x)
	return wins, math.Exp(spread*spread/2) * normal(x-spread) / wins
}

// normal is the standard normal distribution.
func normal(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

// enter makes an auction for the ads and the bid, when they have changed.
func (f *flight) enter(c *thing, t terms) {
	shape := ""
	for _, ad := range t.ads {
		shape += ad.id + " "
	}
	shape += strconv.FormatFloat(t.bid*t.results, 'g', -1, 64)
	if shape == f.shape {
		return
	}
	f.shape = shape
	m := market.Model{
		Name: c.id + shape, Zone: c.account.zone, Demand: market.Evening(), Daily: nominal, CPM: shownCPM, CTR: shownCTR, CVR: shownCVR, Order: 60, Inventory: 60_000,
	}
	price := m.CPM
	if t.perClick {
		m.Demand, m.CPC, m.CTR, m.CVR, m.Inventory = market.Office(), searchedCPC, searchedCTR, searchedCVR, 15_000
		price = m.CPC
	}
	if t.bid > 0 {
		wins, pays := against(t.bid * t.results / price)
		m.Inventory, m.CPM, m.CPC = m.Inventory*wins, m.CPM*pays, m.CPC*pays
	}
	for i, ad := range t.ads {
		for j, device := range t.devices {
			share := 1 / float64(len(t.ads)) * []float64{0.7, 0.3}[j%2]
			if len(t.devices) == 1 {
				share = 1 / float64(len(t.ads))
			}
			quality := 1 + 0.2*math.Sin(float64(i+1)*2.3)
			m.Slices = append(m.Slices, market.Slice{Ad: ad.id, Device: device, Share: share, Price: 1, CTR: quality, CVR: 1})
		}
	}
	f.auctions = append(f.auctions, market.NewAuction(m, uint64(len(f.auctions)+1)))
	if len(f.auctions) > 4 {
		f.auctions = slices.Delete(f.auctions, 0, 1)
	}
}

// book adds a delivery to its row. A conversion counts in the hour of its click,
// as platforms attribute it: rows of past days change.
func (f *flight) book(zone *time.Location, d market.Delivery, to time.Time) {
	at := d.At
	if !d.Clicked.IsZero() {
		at = d.Clicked
	}
	if at.After(to) {
		at = to
	}
	local := at.In(zone)
	key := rowKey{d.Ad, d.Device, localday.Of(at, zone), local.Hour()}
	if before := (rowKey{d.Ad, d.Device, key.day - 1, key.hour}); d.Corrects != "" && f.holds(before, d) {
		key = before // that clicks were no people's is found out on the next day
	}
	row := f.rows[key]
	if row == nil {
		row = &Figures{}
		f.rows[key] = row
	}
	row.Impressions += d.Impressions
	row.Clicks = max(0, row.Clicks+d.Clicks)
	row.Conversions += d.Conversions
	row.Spend = max(0, row.Spend+d.Spend)
	row.Revenue += d.Revenue
	f.spent[key.day] += d.Spend
	f.total += d.Spend
}

// holds reports whether a row has what is to be taken back.
func (f *flight) holds(key rowKey, back market.Delivery) bool {
	row := f.rows[key]
	return row != nil && row.Clicks+back.Clicks >= 0 && row.Spend+back.Spend >= 0
}

// between are the rows of days, in order.
func (f *flight) between(from, to localday.Day) []rowKey {
	var keys []rowKey
	for key := range f.rows {
		if key.day >= from && key.day <= to {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b rowKey) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.hour, b.hour), strings.Compare(a.ad, b.ad), strings.Compare(a.device, b.device))
	})
	return keys
}

// terms reads a campaign's settings in its platform's dialect.
func (s *Sandbox) terms(c *thing) terms {
	if c.account.Platform == "meta" {
		return s.metaTerms(c)
	}
	return s.googleTerms(c)
}

// Delivered is the sum of all rows at a platform, as they would be reported now.
func (s *Sandbox) Delivered(platform string) Figures {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	var sum Figures
	for _, t := range s.things {
		if t.kind != "campaign" || t.account.Platform != platform {
			continue
		}
		for _, row := range t.flight.rows {
			sum.Impressions += row.Impressions
			sum.Clicks += row.Clicks
			sum.Conversions += row.Conversions
			sum.Spend += row.Spend
			sum.Revenue += row.Revenue
		}
	}
	return sum
}

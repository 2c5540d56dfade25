package billing

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// Subject is what is compared: delivery of one campaign through one channel on
// one local day, or one payment.
type Subject struct {
	Campaign uuid.UUID // uuid.Nil for a payment
	Channel  string    // "" where it is not known
	Payment  uuid.UUID // uuid.Nil for delivery
	Day      localday.Day
	Currency money.Currency
}

// id is the same wherever the same is compared.
func (s Subject) id(partner uuid.UUID) uuid.UUID {
	text := strings.Join([]string{s.Campaign.String(), s.Payment.String(), s.Day.String(), string(s.Currency), s.Channel}, "|")
	return uuid.NewSHA1(partner, []byte(text))
}

// Cause is how two sides differ.
type Cause string

// A side that has nothing is told from one that has another amount.
const (
	NotReported   Cause = "not_reported"  // the ledger has it and the other side does not
	NotInLedger   Cause = "not_in_ledger" // the other side has it and the ledger does not
	AmountsDiffer Cause = "amounts_differ"
)

// Difference is where the ledger and another side do not agree.
type Difference struct {
	Subject
	ID        uuid.UUID
	Name      string // of the campaign
	Ledger    int64
	Reported  int64 // by the platform, or by the payment provider
	Cause     Cause
	AgeDays   int          // since the day
	Explained *Explanation // nil while it is open
}

// Amount is how much more the ledger has.
func (d *Difference) Amount() int64 { return d.Ledger - d.Reported }

// Explanation is what a person found out about a difference of this amount. It
// holds as long as the amount stays.
type Explanation struct {
	Difference int64
	Note       string
	By         string
	At         time.Time
}

// Ages are the buckets of open differences, by their oldest day: 0-1, 2-7, 8-30
// and more than 30 days.
var Ages = [...]string{"0-1", "2-7", "8-30", ">30"}

func ageOf(days int) int {
	switch {
	case days <= 1:
		return 0
	case days <= 7:
		return 1
	case days <= 30:
		return 2
	}
	return 3
}

// Side is the sums of one comparison in one currency.
type Side struct {
	Currency  money.Currency
	Ledger    int64
	Reported  int64
	Compared  int // subjects
	Within    int // tolerance
	Open      int
	Explained int
	OpenSum   int64 // of the magnitudes of open differences
	Ageing    [len(Ages)]Ageing
}

// Ageing is the open differences of one age.
type Ageing struct {
	Count int
	Sum   int64 // of magnitudes
}

// Reconciliation is what the three sides say of the days [From, To).
type Reconciliation struct {
	Partner   uuid.UUID
	From, To  localday.Day
	Tolerance int64
	LastEntry int64 // of the ledger that was compared
	Delivery  []Side
	// Connected says whether there is a payment provider to compare with. If
	// not, Payments is what the ledger has, and agrees with nobody.
	Connected   bool
	Payments    []Side
	Differences []Difference // the oldest first
}

// pair is the two sides of a subject.
type pair struct {
	ledger, reported sideAmount
	day              localday.Day
}

type sideAmount struct {
	amount int64
	known  bool
}

func (s *sideAmount) add(amount int64) (err error) {
	s.known = true
	s.amount, err = money.AddMicros(s.amount, amount)
	return err
}

// comparison gathers the sides by subject.
type comparison map[Subject]*pair

// of is the pair of a subject. A payment is the same one on whichever day the
// sides have it.
func (c comparison) of(s Subject) *pair {
	day := s.Day
	if s.Payment != uuid.Nil {
		s.Day = 0
	}
	p := c[s]
	if p == nil {
		p = &pair{day: day}
		c[s] = p
	}
	return p
}

func (p *pair) cause() Cause {
	switch {
	case !p.reported.known || p.reported.amount == 0:
		return NotReported
	case !p.ledger.known || p.ledger.amount == 0:
		return NotInLedger
	}
	return AmountsDiffer
}

// judge fills in the sums and the differences beyond the tolerance. A subject
// of payments is not judged without a provider.
func (r *Reconciliation) judge(c comparison, today localday.Day, notes map[uuid.UUID]Explanation) error {
	sides := map[bool]map[money.Currency]*Side{true: {}, false: {}} // of payments or not
	for subject, p := range c {
		payment := subject.Payment != uuid.Nil
		side := sides[payment][subject.Currency]
		if side == nil {
			side = &Side{Currency: subject.Currency}
			sides[payment][subject.Currency] = side
		}
		if err := side.add(p); err != nil {
			return err
		}
		if payment && !r.Connected {
			continue
		}
		side.Compared++
		gap, err := money.SubMicros(p.ledger.amount, p.reported.amount)
		if err != nil {
			return err
		}
		if magnitude(gap) <= r.Tolerance {
			side.Within++
			continue
		}
		d := Difference{Subject: subject, ID: subject.id(r.Partner), Ledger: p.ledger.amount, Reported: p.reported.amount, Cause: p.cause(), AgeDays: max(0, int(today-p.day))}
		d.Day = p.day
		if note, ok := notes[d.ID]; ok && note.Difference == gap {
			d.Explained = &note
		}
		if err := side.count(&d); err != nil {
			return err
		}
		r.Differences = append(r.Differences, d)
	}
	r.Delivery, r.Payments = sorted(sides[false]), sorted(sides[true])
	slices.SortFunc(r.Differences, func(x, y Difference) int {
		return cmp.Or(cmp.Compare(x.Day, y.Day), slices.Compare(x.Campaign[:], y.Campaign[:]), strings.Compare(x.Channel, y.Channel), slices.Compare(x.ID[:], y.ID[:]))
	})
	return nil
}

func (s *Side) add(p *pair) (err error) {
	if s.Ledger, err = money.AddMicros(s.Ledger, p.ledger.amount); err != nil {
		return err
	}
	s.Reported, err = money.AddMicros(s.Reported, p.reported.amount)
	return err
}

func (s *Side) count(d *Difference) (err error) {
	if d.Explained != nil {
		s.Explained++
		return nil
	}
	age := &s.Ageing[ageOf(d.AgeDays)]
	s.Open++
	age.Count++
	if s.OpenSum, err = money.AddMicros(s.OpenSum, magnitude(d.Amount())); err != nil {
		return err
	}
	age.Sum, err = money.AddMicros(age.Sum, magnitude(d.Amount()))
	return err
}

func magnitude(micros int64) int64 { return max(micros, -max(micros, -1<<63+1)) }

func sorted(sides map[money.Currency]*Side) []Side {
	all := make([]Side, 0, len(sides))
	for _, s := range sides {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(x, y Side) int { return cmp.Compare(x.Currency, y.Currency) })
	return all
}

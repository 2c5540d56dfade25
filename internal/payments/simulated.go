package payments

import (
	"context"
	_ "embed"
	"html/template"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/money"
)

// SimulatedPath is where payers of simulated payments are led, with the
// payment's id after it.
const SimulatedPath = "/simulated-payments/"

// Simulated is payment.Gateway without a provider: it moves no money, and asks
// whoever follows its link what should happen. It forgets everything when the
// program ends, as a provider of real money never does; what was paid stays
// paid.
type Simulated struct {
	home func() string
	tell func(ctx context.Context, id uuid.UUID)
	now  func() time.Time

	mu    sync.Mutex
	known map[uuid.UUID]*simulation
}

type simulation struct {
	payment.State
	report payment.Report
}

// NewSimulated leads payers to pages under home and calls tell when one has
// decided.
func NewSimulated(home func() string, tell func(context.Context, uuid.UUID), now func() time.Time) *Simulated {
	return &Simulated{home: home, tell: tell, now: now, known: map[uuid.UUID]*simulation{}}
}

// Fits implements payment.Gateway. There is no smaller coin than a currency's
// smallest unit.
func (*Simulated) Fits(m money.Money) error {
	coin := int64(money.Unit)
	for range m.Currency.Exponent() {
		coin /= 10
	}
	if m.Micros%coin != 0 {
		return misfit(m.String()+" cannot be paid exactly.", "a multiple of "+money.New(coin, m.Currency).String())
	}
	return nil
}

// Create implements payment.Gateway.
func (s *Simulated) Create(_ context.Context, st payment.State) (payment.Report, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known[st.ID] == nil {
		s.known[st.ID] = &simulation{st, payment.Report{
			At: s.now(), ProviderID: "simulated_" + st.ID.String(), Phase: payment.RequiresAction, Currency: st.Amount.Currency,
			ActionURL: s.home() + SimulatedPath + st.ID.String(), Refunds: map[uuid.UUID]string{},
		}}
	}
	return s.known[st.ID].copy(), nil
}

// copy is what is known, apart from what changes later.
func (s *simulation) copy() payment.Report {
	r := s.report
	r.Facts = append([]payment.Fact(nil), r.Facts...)
	r.Refunds = map[uuid.UUID]string{}
	for id, name := range s.report.Refunds {
		r.Refunds[id] = name
	}
	return r
}

// Capture implements payment.Gateway; nothing here waits for one.
func (s *Simulated) Capture(ctx context.Context, st payment.State) (payment.Report, error) {
	r, _, err := s.Lookup(ctx, st)
	return r, err
}

// Lookup implements payment.Gateway.
func (s *Simulated) Lookup(_ context.Context, st payment.State) (payment.Report, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.known[st.ID]; known != nil {
		return known.copy(), true, nil
	}
	return payment.Report{}, false, nil
}

// Refund implements payment.Gateway.
func (s *Simulated) Refund(_ context.Context, st payment.State, asked payment.Refund) (payment.Report, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.known[st.ID]
	if known == nil {
		return payment.Report{}, &payment.Refusal{Reason: "forgotten_at_restart"}
	}
	if known.report.Refunds[asked.ID] == "" {
		name := "simulated_" + asked.ID.String()
		known.report.Refunds[asked.ID] = name
		known.report.Facts = append(known.report.Facts, payment.Fact{Kind: payment.Return, ID: name, Amount: asked.Amount, Step: payment.Moved})
	}
	return known.copy(), nil
}

// Verify implements payment.Gateway: nobody sends webhooks of it.
func (*Simulated) Verify(context.Context, []byte, func(string) string) (payment.Notice, error) {
	return payment.Notice{}, payment.ErrSignature
}

//go:embed simulated.html
var simulatedText string

var simulatedPage = template.Must(template.New("page").Parse(simulatedText))

// ServeHTTP is the page that stands for the provider's: GET shows it, and POST
// with outcome=pay, decline or cancel decides.
func (s *Simulated) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, err := uuid.Parse(strings.TrimPrefix(r.URL.Path, SimulatedPath))
	s.mu.Lock()
	known := s.known[id]
	s.mu.Unlock()
	if err != nil || known == nil {
		http.Error(w, "There is no such simulated payment; the simulation forgets at a restart.", http.StatusNotFound)
		return
	}
	if r.Method == http.MethodPost {
		s.Decide(context.WithoutCancel(r.Context()), id, r.FormValue("outcome"))
		http.Redirect(w, r, known.ReturnURL, http.StatusSeeOther)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	s.mu.Lock()
	page := struct {
		Amount money.Money
		Open   bool
		Return string
	}{known.Amount, known.open(), known.ReturnURL}
	s.mu.Unlock()
	_ = simulatedPage.Execute(w, page)
}

// open reports whether it can still be paid.
func (s *simulation) open() bool {
	return len(s.report.Facts) == 0 && s.report.Phase != payment.Cancelled
}

// Decide is what the payer of a payment does: pay, decline or cancel. What is
// over stays as it is.
func (s *Simulated) Decide(ctx context.Context, id uuid.UUID, outcome string) {
	s.mu.Lock()
	if known := s.known[id]; known != nil && known.open() {
		s.decide(known, outcome)
	}
	s.mu.Unlock()
	s.tell(ctx, id)
}

func (s *Simulated) decide(known *simulation, outcome string) {
	r := &known.report
	r.At, r.Reason = s.now(), ""
	switch outcome {
	case "pay":
		r.Phase, r.ActionURL = payment.Processing, ""
		r.Facts = []payment.Fact{{Kind: payment.Capture, ID: r.ProviderID, Amount: known.Amount.Micros, Step: payment.Moved}}
	case "decline":
		r.Phase, r.Reason = payment.Failed, "card_declined"
	case "cancel":
		r.Phase, r.Reason, r.ActionURL = payment.Cancelled, "cancelled_by_payer", ""
	}
}

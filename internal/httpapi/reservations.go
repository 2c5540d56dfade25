package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/partners"
)

// Authorizer decides what may be spent.
type Authorizer struct {
	budgets.Decider
	Rehearsal budgets.Decider // decides and changes nothing
	Vault     budgets.Vault   // what has been decided
	Now       func() time.Time
}

func (s *Server) registerReservations() {
	write, read, report := partners.ActionWriteBudgets, partners.ActionRead, partners.ActionWriteMetrics
	route(s, operation(http.MethodPost, "/budgets/{id}/reservations", "reserve", "Hold money of a budget until it is committed or released", write, http.StatusCreated), s.reserve)
	route(s, operation(http.MethodGet, "/budgets/{id}/reservations", "list-reservations", "List a budget's reservations, the newest first", read, http.StatusOK), s.listReservations)
	route(s, operation(http.MethodGet, "/reservations/{id}", "get-reservation", "Read a reservation", read, http.StatusOK), s.getReservation)
	route(s, operation(http.MethodPost, "/reservations/{id}/commit", "commit-reservation", "Spend what is reserved; the rest is given back", write, http.StatusOK), s.commitReservation)
	route(s, operation(http.MethodPost, "/reservations/{id}/release", "release-reservation", "Give a reservation back", write, http.StatusOK), s.releaseReservation)
	route(s, operation(http.MethodPost, "/budgets/{id}/spend", "record-spend", "Record what was spent, beyond the limit too", report, http.StatusCreated), s.recordSpend)
	route(s, operation(http.MethodGet, "/budgets/{id}/spend/{spend_id}", "get-spend", "Read a spend by its sender's id", read, http.StatusOK), s.getSpend)
	route(s, operation(http.MethodGet, "/budgets/{id}/spend", "list-spend", "List the spend recorded by its id, the newest first", read, http.StatusOK), s.listSpend)
}

// reservationBody is a reservation as it is read.
type reservationBody struct {
	ID         uuid.UUID                `json:"id"`
	Revision   int64                    `json:"revision" doc:"1, 2 once it is resolved, and 3 once it was committed after it had expired."`
	BudgetID   uuid.UUID                `json:"budget_id"`
	CampaignID uuid.UUID                `json:"campaign_id"`
	PartnerID  uuid.UUID                `json:"partner_id"`
	Amount     money.Money              `json:"amount"`
	Channel    string                   `json:"channel,omitempty"`
	State      budgets.ReservationState `json:"state" enum:"reserved,committed,released,expired"`
	Committed  *money.Money             `json:"committed,omitempty" doc:"What was spent; the rest was given back."`
	Late       bool                     `json:"late" doc:"It was committed after it had expired: recorded as spend, without an authorisation."`
	Day        string                   `json:"day" format:"date" doc:"The local day that it counts on."`
	CreatedAt  time.Time                `json:"created_at"`
	ExpiresAt  time.Time                `json:"expires_at"`
	ResolvedAt *time.Time               `json:"resolved_at,omitempty"`
}

func (s *Server) describeReservation(r *budgets.Reservation) reservationBody {
	body := reservationBody{
		ID: r.ID, Revision: 1, BudgetID: r.Budget, CampaignID: r.Campaign, PartnerID: r.Partner, Amount: money.New(r.Amount, r.Currency),
		Channel: r.Channel, State: r.StateAt(s.Authorizer.Now()), Late: r.Late, Day: r.Day.String(),
		CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt, ResolvedAt: r.ResolvedAt,
	}
	if body.State != budgets.StateReserved {
		body.Revision++
	}
	if r.Late {
		body.Revision++
	}
	if r.State == budgets.StateCommitted || r.Late {
		committed := money.New(r.Committed, r.Currency)
		body.Committed = &committed
	}
	return body
}

// decider is the authorizer, or its rehearsal.
func (s *Server) decider(w Write) budgets.Decider {
	if w.ValidateOnly {
		return s.Authorizer.Rehearsal
	}
	return s.Authorizer.Decider
}

// made is the answer to a request that made what has no revision.
type made[T any] struct {
	Location string `header:"Location" doc:"Where the new thing is read."`
	Body     T
}

func (s *Server) reserve(ctx context.Context, in *struct {
	ByID
	Write
	Retryable
	Body struct {
		Amount   amount `json:"amount" doc:"Decimal string in the budget's currency, or amount and currency."`
		Currency string `json:"currency,omitempty" doc:"The budget's, when it is given."`
		TTL      *int64 `json:"ttl_seconds,omitempty" doc:"1 to 2592000 (30 days); 600 unless given. Then it expires and holds nothing."`
		Channel  string `json:"channel,omitempty" maxLength:"64" doc:"The channel that it is for, whose allocation must have room too."`
	}
}) (*made[reservationBody], error) {
	amount, err := in.Body.Amount.parse("amount", in.Body.Currency)
	if err != nil {
		return nil, err
	}
	ask := budgets.NewReservation{ID: reservedID(ctx), Budget: in.ID, Amount: amount, Channel: in.Body.Channel}
	if in.Body.TTL != nil {
		ask.TTL = min(max(time.Duration(min(*in.Body.TTL, 1<<32)), 0), 1<<32) * time.Second
		ask.TTL = max(ask.TTL, 1) // 0 would be the usual
	}
	r, err := s.decider(in.Write).Reserve(ctx, by(ctx), ask)
	if err != nil {
		return nil, err
	}
	return &made[reservationBody]{Base + "/reservations/" + r.ID.String(), s.describeReservation(&r)}, nil
}

func (s *Server) getReservation(ctx context.Context, in *ByID) (*plain[reservationBody], error) {
	r, err := s.Authorizer.Vault.Reservation(ctx, principal(ctx).Partner, in.ID)
	if err != nil {
		return nil, err
	}
	return &plain[reservationBody]{s.describeReservation(r)}, nil
}

func (s *Server) listReservations(ctx context.Context, in *struct {
	ByID
	Page
	Projected
	State budgets.ReservationState `query:"state" enum:"reserved,committed,released,expired"`
}) (*plain[list[partial[reservationBody]]], error) {
	b, err := s.Budgets.Get(ctx, principal(ctx).Partner, in.ID)
	if err != nil {
		return nil, err
	}
	items, next, err := s.Authorizer.Vault.Reservations(ctx, b.State().Partner, in.ID, budgets.ReservationQuery{
		State: in.State, Now: s.Authorizer.Now(), Limit: in.Limit, Cursor: in.Cursor,
	})
	if err != nil {
		return nil, err
	}
	return page(s, items, s.describeReservation, in.Fields, next)
}

func (s *Server) commitReservation(ctx context.Context, in *struct {
	ByID
	Write
	Retryable
	Body struct {
		Amount   amount `json:"amount" doc:"At most what is reserved. After the expiry any amount is recorded, as late."`
		Currency string `json:"currency,omitempty" doc:"The budget's, when it is given."`
	}
}) (*plain[reservationBody], error) {
	amount, err := in.Body.Amount.parse("amount", in.Body.Currency)
	if err != nil {
		return nil, err
	}
	r, err := s.decider(in.Write).Commit(ctx, by(ctx), in.ID, amount)
	if err != nil {
		return nil, err
	}
	return &plain[reservationBody]{s.describeReservation(&r)}, nil
}

func (s *Server) releaseReservation(ctx context.Context, in *struct {
	ByID
	Write
	Retryable
}) (*plain[reservationBody], error) {
	r, err := s.decider(in.Write).Release(ctx, by(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &plain[reservationBody]{s.describeReservation(&r)}, nil
}

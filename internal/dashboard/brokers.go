package dashboard

import (
	"context"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/partners"
)

// Integration is the brokers, and what comes from other services through them.
type Integration interface {
	Brokers(ctx context.Context) ([]event.BrokerStatus, error)
	Received(ctx context.Context, partner uuid.UUID, limit int, cursor string) (items []event.Inbound, next string, err error)
	List(ctx context.Context, partner uuid.UUID, states []event.LetterState, limit int, cursor string) ([]event.Letter, string, error)
	Replay(ctx context.Context, partner, id uuid.UUID) (event.Letter, error)
	Drop(ctx context.Context, partner, id uuid.UUID) (event.Letter, error)
}

// brokersPage is how the brokers stand, and what of their messages failed. It is
// the operators' own, and about all partners.
type brokersPage struct {
	Tabs     []settingsTab
	Problem  *problem
	Brokers  []brokerRow
	Letters  []letterCard
	More     bool // there are more letters than are shown
	Received []receivedRow
}

type brokerRow struct {
	Name, Addr, Problem string
	Tone, Icon, State   string
	Lag, Sent           string
	Behind              bool
	Listens             bool
}

type letterCard struct {
	ID, Topic, Key, Message, Reason string
	Tone, Icon, State               string
	Body                            string // empty when it is not text
	Size                            string
	Tries                           int
	At                              time.Time
	Decidable                       bool // it is not behind another one
}

type receivedRow struct {
	Type, ID, Partner, Outcome, Tone, Icon string
	At                                     time.Time
}

const (
	shownLetters  = 30
	shownReceived = 15
	shownBody     = 4000 // bytes of a message
)

// brokers is the page.
func (v *visit) brokers() error { return v.brokersWith(http.StatusOK, nil) }

func (v *visit) brokersWith(status int, refused *problem) error {
	if err := v.who.Require(partners.ActionOperateBrokers); err != nil {
		return err
	}
	ctx := v.r.Context()
	p := brokersPage{Tabs: v.settingsTabs("/settings/brokers"), Problem: refused}
	all, err := v.d.Integration.Brokers(ctx)
	if err != nil {
		return err
	}
	for _, b := range all {
		p.Brokers = append(p.Brokers, v.brokerRow(b))
	}
	open := []event.LetterState{event.Dead, event.Retrying, event.Waiting}
	letters, next, err := v.d.Integration.List(ctx, uuid.Nil, open, shownLetters, "")
	if err != nil {
		return err
	}
	p.More = next != ""
	for _, l := range letters {
		p.Letters = append(p.Letters, v.letterCard(l))
	}
	received, _, err := v.d.Integration.Received(ctx, uuid.Nil, shownReceived, "")
	if err != nil {
		return err
	}
	names := map[uuid.UUID]string{}
	for _, in := range received {
		if _, known := names[in.Partner]; !known {
			names[in.Partner] = in.Partner.String()
			if of, err := v.d.Partners.Get(ctx, in.Partner); err == nil {
				names[in.Partner] = of.State().Name
			}
		}
		p.Received = append(p.Received, v.receivedRow(in, names[in.Partner]))
	}
	return v.page(status, "brokers", v.locale.T("broker.title"), "settings", p)
}

func (v *visit) brokerRow(b event.BrokerStatus) brokerRow {
	row := brokerRow{
		Name: b.Name, Addr: b.Addr, Problem: b.Problem, Lag: v.locale.Count(b.Lag), Sent: v.locale.Count(b.Sent), Behind: b.Lag > 0, Listens: b.Listens,
		Tone: "good", Icon: "ok", State: v.locale.T("broker.up"),
	}
	switch {
	case !b.Up:
		row.Tone, row.Icon, row.State = "bad", "CRITICAL", v.locale.T("broker.down")
	case b.FailedAt != nil:
		row.Tone, row.Icon, row.State = "warn", "MEDIUM", v.locale.T("broker.failing", "time", v.locale.Stamp(b.FailedAt.In(v.now.Location())))
	}
	return row
}

func (v *visit) letterCard(l event.Letter) letterCard {
	card := letterCard{
		ID: l.ID.String(), Topic: l.Message.Topic, Key: l.Message.Key, Message: l.Message.ID, Reason: l.Reason, Tries: l.Tries,
		At: l.ArrivedAt.In(v.now.Location()), Tone: "bad", Icon: "CRITICAL", Decidable: true, Size: v.locale.Count(int64(len(l.Message.Body))),
	}
	switch l.State {
	case event.Retrying:
		card.Tone, card.Icon = "warn", "clock"
	case event.Waiting:
		card.Tone, card.Icon, card.Decidable = "quiet", "PAUSED", false
	}
	card.State = v.locale.T("broker.letter." + string(l.State))
	if l.State == event.Retrying && l.NextAt != nil {
		card.State = v.locale.T("broker.letter.again", "time", v.locale.Stamp(l.NextAt.In(v.now.Location())))
	}
	if body := l.Message.Body; utf8.Valid(body) {
		card.Body = string(body[:min(len(body), shownBody)])
	}
	return card
}

func (v *visit) receivedRow(in event.Inbound, partner string) receivedRow {
	row := receivedRow{
		Type: in.Type, ID: in.ID, Partner: partner, At: in.ReceivedAt.In(v.now.Location()),
		Outcome: v.locale.T("broker.outcome." + string(in.Outcome)), Tone: "quiet", Icon: "clock",
	}
	if in.Outcome == event.Applied {
		row.Tone, row.Icon = "good", "ok"
	}
	return row
}

// actOnLetter replays or drops one message.
func (v *visit) actOnLetter() error {
	if err := v.who.Require(partners.ActionOperateBrokers); err != nil {
		return err
	}
	id, err := uuid.Parse(v.r.PathValue("id"))
	if err != nil {
		return errNoPage
	}
	action := v.r.PathValue("action")
	switch action {
	case "replay":
		_, err = v.d.Integration.Replay(v.r.Context(), uuid.Nil, id)
	case "drop":
		_, err = v.d.Integration.Drop(v.r.Context(), uuid.Nil, id)
	default:
		return errNoPage
	}
	if err == nil {
		return v.done("/settings/brokers", "letter_"+action)
	}
	status, refused, _ := v.refusal(err)
	if refused == nil || fault.As(err) == nil {
		return err
	}
	return v.brokersWith(status, refused)
}

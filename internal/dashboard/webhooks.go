package dashboard

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/webhooks"
)

const webhooksPath = "/settings/webhooks"

// Webhooks is webhooks.Service.
type Webhooks interface {
	Create(ctx context.Context, by event.Origin, in webhooks.New) (webhooks.State, string, error)
	List(ctx context.Context, partner uuid.UUID) ([]webhooks.State, error)
	Change(ctx context.Context, by event.Origin, id uuid.UUID, revision int64, p webhooks.Patch) (webhooks.State, error)
	Delete(ctx context.Context, by event.Origin, id uuid.UUID, revision int64) error
	Rotate(ctx context.Context, by event.Origin, id uuid.UUID) (webhooks.State, string, error)
	Test(ctx context.Context, by event.Origin, id uuid.UUID) (webhooks.Try, error)
	Deliveries(ctx context.Context, partner, id uuid.UUID, q webhooks.DeliveryQuery) ([]webhooks.Delivery, string, error)
	RedeliverFailed(ctx context.Context, by event.Origin, id uuid.UUID, since time.Time, validateOnly bool) (int, error)
	Redeliver(ctx context.Context, by event.Origin, id, delivery uuid.UUID, validateOnly bool) (webhooks.Delivery, error)
}

// webhooksPage is where the partner's own programs are told.
type webhooksPage struct {
	Tabs      []settingsTab
	Problem   *problem
	Secret    *shownSecret // of an endpoint that was made just now
	Endpoints []endpointCard
	Fields    []field
	Open      bool // the form
}

// shownSecret is shown on the answer that made it, and never again.
type shownSecret struct{ URL, Value string }

type endpointCard struct {
	webhooks.State
	Tone, Icon, Condition string
	Wants                 string
	Log                   []deliveryRow
	Failed                bool   // some of the log can be sent once more
	Tested                string // what a test brought back
	TestTone              string
}

type deliveryRow struct {
	ID, Type, Status, Tone, Icon, Outcome string
	At                                    time.Time
	Tries                                 int
	Again                                 bool // it can be sent once more
}

// offeredEvents are the event types that the form offers.
var offeredEvents = []string{"alert.*", "campaign.*", "budget.*", "performance.anomaly_detected", "performance.kpi_threshold_reached", "*"}

// webhooks lists the endpoints.
func (v *visit) webhooks() error { return v.webhooksWith(http.StatusOK, webhooksPage{}, nil) }

// webhooksWith is the page after something was done or refused.
func (v *visit) webhooksWith(status int, p webhooksPage, wrong *mistakes) error {
	if err := v.who.Require(partners.ActionManageWebhooks); err != nil {
		return err
	}
	found, err := v.d.Webhooks.List(v.r.Context(), v.scope())
	if err != nil {
		return err
	}
	for _, state := range found {
		card, err := v.endpointCard(state)
		if err != nil {
			return err
		}
		for _, shown := range p.Endpoints {
			if shown.ID == card.ID {
				card.Tested, card.TestTone = shown.Tested, shown.TestTone
			}
		}
		p.Endpoints = append(p.Endpoints, card)
	}
	p.Endpoints = p.Endpoints[len(p.Endpoints)-len(found):]
	f := form{v.locale, v.entered, wrong}
	address := f.input("webhook_url", "url").kind("url").whole()
	address.Placeholder = "https://"
	p.Fields = []field{
		address,
		f.choose("webhook_events", "choices", true, offeredEvents, f.named("webhook.event."), "events").whole(),
		f.input("webhook_description", "description").optional().whole(),
	}
	p.Tabs = v.settingsTabs(webhooksPath)
	p.Open = p.Open || len(found) == 0
	v.w.Header().Set("Cache-Control", "no-store")
	return v.page(status, "webhooks", v.locale.T("webhook.title"), "settings", p)
}

// entered is what the form held, and at first the alerts.
func (v *visit) entered(name string) []string {
	if v.r.Method == http.MethodPost {
		return v.r.PostForm[name]
	}
	if name == "webhook_events" {
		return offeredEvents[:1]
	}
	return nil
}

// wants names event types as the form does; others, which came by the API, stand
// as they are.
func (v *visit) wants(events []string) string {
	names := slices.Clone(events)
	for i, e := range events {
		if slices.Contains(offeredEvents, e) {
			names[i] = v.locale.T("webhook.event." + e)
		}
	}
	return strings.Join(names, " · ")
}

// recentDeliveries is how much of the log a card shows.
const recentDeliveries = 8

func (v *visit) endpointCard(s webhooks.State) (endpointCard, error) {
	card := endpointCard{State: s, Tone: "good", Icon: "ok", Condition: v.locale.T("webhook.on"), Wants: v.wants(s.Events)}
	switch {
	case !s.Enabled:
		card.Tone, card.Icon = "bad", "CRITICAL"
		if s.Because == webhooks.ByHand {
			card.Tone, card.Icon = "quiet", "PAUSED"
		}
		card.Condition = v.locale.T("webhook.off." + string(s.Because))
	case s.FailingSince != nil:
		card.Tone, card.Icon, card.Condition = "warn", "MEDIUM", v.locale.T("webhook.failing", "time", v.locale.Stamp(s.FailingSince.In(v.now.Location())))
	case s.DeliveredAt == nil:
		card.Tone, card.Icon, card.Condition = "quiet", "clock", v.locale.T("webhook.new")
	}
	found, _, err := v.d.Webhooks.Deliveries(v.r.Context(), v.scope(), s.ID, webhooks.DeliveryQuery{Limit: recentDeliveries})
	for _, d := range found {
		card.Log = append(card.Log, v.deliveryRow(s, d))
		card.Failed = card.Failed || s.Enabled && d.Status == webhooks.Exhausted
	}
	return card, err
}

func (v *visit) deliveryRow(s webhooks.State, d webhooks.Delivery) deliveryRow {
	row := deliveryRow{
		ID: d.ID.String(), Type: d.Type, Status: v.locale.T("webhook.delivery." + string(d.Status)), At: d.CreatedAt.In(v.now.Location()),
		Tries: len(d.Tries), Again: s.Enabled && d.Status != webhooks.Pending,
	}
	switch d.Status {
	case webhooks.Delivered:
		row.Tone, row.Icon = "good", "ok"
	case webhooks.Exhausted:
		row.Tone, row.Icon = "bad", "CRITICAL"
	default:
		row.Tone, row.Icon = "quiet", "clock"
	}
	if n := len(d.Tries); n > 0 {
		row.Outcome = v.locale.outcome(d.Tries[n-1])
	}
	if d.Status == webhooks.Pending && d.NextAt != nil && len(d.Tries) > 0 {
		row.Tone, row.Icon = "warn", "MEDIUM"
		row.Status = v.locale.T("webhook.delivery.again", "time", v.locale.Stamp(d.NextAt.In(v.now.Location())))
	}
	return row
}

// outcome is what a try brought back, in a few words.
func (l *locale) outcome(t webhooks.Try) string {
	if t.Status == 0 {
		return l.Or("webhook.error.", strings.ReplaceAll(t.Error, " ", "_"), t.Error)
	}
	return l.T("webhook.answered", "status", strconv.Itoa(t.Status), "ms", l.Count(t.Millis))
}

// addWebhook makes an endpoint and shows its secret.
func (v *visit) addWebhook() error {
	if err := v.who.Require(partners.ActionManageWebhooks); err != nil {
		return err
	}
	made, secret, err := v.d.Webhooks.Create(v.r.Context(), v.by(), webhooks.New{
		Partner: v.scope(), URL: strings.TrimSpace(v.r.PostFormValue("webhook_url")),
		Description: strings.TrimSpace(v.r.PostFormValue("webhook_description")), Events: slices.Clone(v.r.PostForm["webhook_events"]),
	})
	if err != nil {
		status, refused, wrong := v.refusal(err)
		if refused == nil {
			return err
		}
		return v.webhooksWith(status, webhooksPage{Problem: refused, Open: true}, wrong)
	}
	v.r.PostForm = nil // the form begins anew
	return v.webhooksWith(http.StatusCreated, webhooksPage{Secret: &shownSecret{made.URL, secret}}, nil)
}

// actOnWebhook does one thing to an endpoint.
func (v *visit) actOnWebhook() error {
	if err := v.who.Require(partners.ActionManageWebhooks); err != nil {
		return err
	}
	id, err := uuid.Parse(v.r.PathValue("id"))
	if err != nil {
		return webhooks.ErrNotFound
	}
	ctx, by, action := v.r.Context(), v.by(), v.r.PathValue("action")
	switch action {
	case "rotate":
		state, secret, err := v.d.Webhooks.Rotate(ctx, by, id)
		if err != nil {
			return err
		}
		return v.webhooksWith(http.StatusOK, webhooksPage{Secret: &shownSecret{state.URL, secret}}, nil)
	case "test":
		return v.testWebhook(id)
	case "enable", "disable":
		on := action == "enable"
		_, err = v.d.Webhooks.Change(ctx, by, id, v.revision(), webhooks.Patch{Enabled: &on})
	case "delete":
		err = v.d.Webhooks.Delete(ctx, by, id, v.revision())
	case "redeliver":
		var delivery uuid.UUID
		if delivery, err = uuid.Parse(v.r.PostFormValue("delivery")); err == nil {
			_, err = v.d.Webhooks.Redeliver(ctx, by, id, delivery, false)
		}
	case "redeliver_failed":
		_, err = v.d.Webhooks.RedeliverFailed(ctx, by, id, v.now.Add(-webhooks.KeepFor), false)
	default:
		return errNoPage
	}
	if err != nil {
		status, refused, wrong := v.refusal(err)
		if refused == nil {
			return err
		}
		return v.webhooksWith(status, webhooksPage{Problem: refused}, wrong)
	}
	return v.done(webhooksPath, "webhook_"+action)
}

func (v *visit) testWebhook(id uuid.UUID) error {
	try, err := v.d.Webhooks.Test(v.r.Context(), v.by(), id)
	if err != nil {
		return err
	}
	shown := endpointCard{State: webhooks.State{ID: id}, Tested: v.locale.T("webhook.tested", "outcome", v.locale.outcome(try)), TestTone: "bad"}
	if try.Status >= 200 && try.Status < 300 {
		shown.TestTone = "good"
	}
	return v.webhooksWith(http.StatusOK, webhooksPage{Endpoints: []endpointCard{shown}}, nil)
}

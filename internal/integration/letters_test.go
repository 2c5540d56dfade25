package integration_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	ours "github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/internal/integration"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
)

const contracts = integration.TopicContract

// mailroom is letters over an embedded store, with a clock that stands still.
type mailroom struct {
	*testing.T
	*integration.Letters
	db    *sqlstore.DB
	now   time.Time
	fails map[string]error // message → what it fails on
	taken []string
}

func newMailroom(t *testing.T) *mailroom {
	db, err := sqlstore.Open(t.Context(), sqlstore.Config{URL: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	m := &mailroom{T: t, db: db, now: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), fails: map[string]error{}}
	m.Letters = integration.NewLetters(db.Letters(), func() time.Time { return m.now }, newID)
	m.Register(contracts, func(_ context.Context, message ours.Message) error {
		if err := m.fails[message.ID]; err != nil {
			return err
		}
		m.taken = append(m.taken, message.ID)
		return nil
	})
	return m
}

func (m *mailroom) comes(key string, ids ...string) {
	m.Helper()
	var batch []ours.Message
	for _, id := range ids {
		batch = append(batch, ours.Message{Topic: contracts, Key: key, ID: id, Body: []byte(id)})
	}
	if err := integration.NewConsumer("nats", m.Letters).Handle(m.Context(), batch); err != nil {
		m.Fatal(err)
	}
}

// passes lets time pass second by second, as the job does.
func (m *mailroom) passes(d time.Duration) {
	m.Helper()
	for end := m.now.Add(d); m.now.Before(end); m.now = m.now.Add(time.Second) {
		if err := m.RetryDue(m.Context()); err != nil {
			m.Fatal(err)
		}
	}
}

// letter is the letter of a message.
func (m *mailroom) letter(id string) ours.Letter {
	m.Helper()
	all, _, err := m.List(m.Context(), uuid.Nil, nil, 500, "")
	if err != nil {
		m.Fatal(err)
	}
	i := slices.IndexFunc(all, func(l ours.Letter) bool { return l.Message.ID == id })
	if i < 0 {
		m.Fatalf("no letter of %s", id)
	}
	return all[i]
}

func (m *mailroom) wants(taken ...string) {
	m.Helper()
	if diff := cmp.Diff(taken, m.taken); diff != "" {
		m.Errorf("taken in: %s", diff)
	}
}

var errGone = fault.New(fault.NotFound, "gone_for_the_test", "It is not there.", "")

// A message that fails is dead after five tries. Meanwhile its key waits, in
// order, and others do not; one replay takes in all of it (F28).
func TestAPoisonedMessageHoldsUpItsKeyAlone(t *testing.T) {
	m := newMailroom(t)
	m.fails["a1"] = errGone
	m.comes("a", "a1", "a2")
	m.comes("b", "b1")
	m.comes("a", "a3")
	m.comes("b", "b2")
	m.wants("b1", "b2")
	m.passes(2 * time.Minute)
	if l := m.letter("a1"); l.State != ours.Dead || l.Tries != integration.MostTries || l.Code != "gone_for_the_test" {
		t.Errorf("%+v", l)
	}
	m.comes("a", "a1") // the broker delivers it once more
	if _, err := m.Replay(t.Context(), uuid.Nil, m.letter("a2").ID); !errors.Is(err, integration.ErrLetterBehind) {
		t.Errorf("the second one before the first: %v", err)
	}
	if _, err := m.Replay(t.Context(), uuid.Nil, m.letter("a1").ID); !errors.Is(err, integration.ErrReplay) {
		t.Errorf("replayed while it fails: %v", err)
	}
	delete(m.fails, "a1")
	if l, err := m.Replay(t.Context(), uuid.Nil, m.letter("a1").ID); err != nil || l.State != ours.Replayed {
		t.Errorf("replayed: %+v %v", l, err)
	}
	m.wants("b1", "b2", "a1", "a2", "a3")
	if _, err := m.Replay(t.Context(), uuid.Nil, m.letter("a1").ID); !errors.Is(err, integration.ErrLetterClosed) {
		t.Errorf("replayed twice: %v", err)
	}
	m.comes("a", "a4")
	m.wants("b1", "b2", "a1", "a2", "a3", "a4")
}

func TestWhatComesRightByItselfGoesOnInOrder(t *testing.T) {
	m := newMailroom(t)
	m.fails["a1"] = errGone
	m.comes("a", "a1", "a2", "a3")
	m.fails["a3"] = fault.ErrInvalid // for good
	m.passes(3 * time.Second)
	delete(m.fails, "a1")
	m.passes(time.Minute)
	m.wants("a1", "a2")
	if l := m.letter("a3"); l.State != ours.Dead || l.Tries != 1 {
		t.Errorf("what can never be taken in: %+v", l)
	}
	m.comes("a", "a5")
	if _, err := m.Drop(t.Context(), uuid.Nil, m.letter("a3").ID); err != nil {
		t.Error(err)
	}
	m.wants("a1", "a2", "a5")
	if _, err := m.Drop(t.Context(), uuid.Nil, newID()); !errors.Is(err, integration.ErrLetterNotFound) {
		t.Errorf("dropped nothing: %v", err)
	}
}

// That the store does not answer is not the message's fault: the batch comes
// again, and no try is counted.
func TestAStoreThatIsAwayMakesNoLetters(t *testing.T) {
	m := newMailroom(t)
	m.fails["a1"] = fault.New(fault.Unavailable, "away_for_the_test", "Away.", "")
	err := integration.NewConsumer("nats", m.Letters).Handle(t.Context(), []ours.Message{{Topic: contracts, Key: "a", ID: "a1"}})
	if counts, _ := m.Count(t.Context(), uuid.Nil); err == nil || len(counts) != 0 {
		t.Errorf("%v, letters %v", err, counts)
	}
}

func TestAPanicIsAFailureLikeAnyOther(t *testing.T) {
	m := newMailroom(t)
	m.Register(integration.TopicValidation, func(context.Context, ours.Message) error { panic("a bug") })
	if err := integration.NewConsumer("nats", m.Letters).Handle(t.Context(), []ours.Message{{Topic: integration.TopicValidation, ID: "x"}}); err != nil {
		t.Fatal(err)
	}
	if l := m.letter("x"); l.State != ours.Retrying || l.Code != "internal" || strings.Contains(l.Reason, "bug") {
		t.Errorf("%+v", l)
	}
}

// nobody is what the inbox fuzzed below stands on.
type nobody struct{}

func (nobody) Seen(context.Context, string, string) (in ours.Inbound, ok bool, err error) {
	return in, false, nil
}
func (nobody) Note(context.Context, ours.Inbound) error { return nil }
func (nobody) Recent(context.Context, uuid.UUID, int, string) ([]ours.Inbound, string, error) {
	return nil, "", nil
}
func (nobody) Create(_ context.Context, by ours.Origin, in campaigns.NewCampaign) (*campaigns.Campaign, error) {
	in.BudgetID = newID()
	return campaigns.New(by, time.Now(), in)
}

// Whatever another service sends is taken in or refused in words: never a panic,
// an error of ours, or a partner that breaks the rules for partners.
func FuzzReceive(f *testing.F) {
	for _, data := range []string{
		`{"partner_id":"01a2139c-e0bb-7426-a1eb-3eff9af7a36b","validation_status":"FULLY_VALIDATED"}`,
		`{"partner_id":"01a2139c-e0bb-7426-a1eb-3eff9af7a36b","contract_id":"C","campaign_permissions":["a"],"budget_limits":{"daily_budget_limit":1e3,"welcome_campaign_budget":{"amount":"5.00","currency":"USD"}},"feature_flags":{"auto_welcome_campaign":true}}`,
	} {
		for _, kind := range []string{integration.TypeContract, integration.TypeValidation} {
			f.Add([]byte(`{"specversion":"1.0","id":"1","source":"/s","type":"` + kind + `","time":"2026-03-02T12:00:00Z","sequence":"3","data":` + data + `}`))
		}
	}
	f.Add([]byte(`{"specversion":"1.0","data_base64":"e30="}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		store := &one{}
		people := partners.NewService(store, nil, time.Now, newID, rand.Reader)
		_, err := integration.NewInbox(nobody{}, people, nobody{}, time.Now).Receive(t.Context(), ours.Origin{}, body, false)
		if err != nil && fault.As(err) == nil {
			t.Errorf("%q: %v", body, err)
		}
	})
}

// one is a store with one partner, whose id is whatever is asked for.
type one struct{ partners.Store }

func (o *one) Get(_ context.Context, id uuid.UUID) (*partners.Partner, error) {
	return partners.New(ours.Origin{}, time.Unix(0, 0), id, partners.NewPartner{Name: "A", Timezone: "UTC", Currency: "USD"})
}

func (o *one) Update(ctx context.Context, id uuid.UUID, _ int64, change func(*partners.Partner) error) (*partners.Partner, error) {
	p, err := o.Get(ctx, id)
	if err == nil {
		err = change(p)
	}
	return p, err
}

// recorder takes in facts of one campaign.
type recorder struct{ campaign uuid.UUID }

func (r recorder) Record(_ context.Context, _ ours.Origin, events []performance.Event) (performance.Receipt, error) {
	var receipt performance.Receipt
	for i := range events {
		if events[i].Campaign != r.campaign {
			receipt.Reject(performance.Rejection{Index: i, Code: performance.CodeCampaignNotFound, Detail: "There is no such campaign."})
			continue
		}
		receipt.Accepted++
	}
	return receipt, nil
}

// A stream's bad messages become letters of their own and hold up nothing.
func TestBadFactsBecomeLetters(t *testing.T) {
	m := newMailroom(t)
	to := recorder{newID()}
	m.Register(integration.TopicMetrics, integration.TakeMetrics(to))
	fact := func(campaign uuid.UUID) string {
		return `{"events":[{"event_id":"1","campaign_id":"` + campaign.String() + `","occurred_at":"2026-03-02T12:00:00Z","metrics":{"clicks":1}}]}`
	}
	cloud := `{"specversion":"1.0","id":"1","source":"/s","type":"metrics","data":` + fact(to.campaign) + `}`
	stream := integration.NewStream("nats", to, m.Letters)
	if err := stream.Handle(t.Context(), []ours.Message{
		{ID: "good", Key: "k", ContentType: "application/json", Body: []byte(fact(to.campaign))},
		{ID: "cloud", Key: "k", ContentType: "application/cloudevents+json", Body: []byte(cloud)},
		{ID: "poison", Key: "k", ContentType: "application/json", Body: []byte(`{"events":[{`)},
		{ID: "binary", Key: "k", ContentType: "image/png", Body: []byte{0xff}},
		{ID: "early", Key: "k", ContentType: "application/json", Body: []byte(fact(newID()))},
	}); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]ours.LetterState{"poison": ours.Dead, "binary": ours.Dead, "early": ours.Retrying} {
		if l := m.letter(id); l.State != want || l.Reason == "" {
			t.Errorf("%s: %+v", id, l)
		}
	}
	if counts, _ := m.Count(t.Context(), uuid.Nil); counts[ours.Dead] != 2 || counts[ours.Retrying] != 1 {
		t.Errorf("letters %v", counts)
	}
}

// counting takes every fact and knows what it took.
type counting struct{ got []performance.Event }

func (c *counting) Record(_ context.Context, _ ours.Origin, events []performance.Event) (performance.Receipt, error) {
	c.got = append(c.got, events...)
	return performance.Receipt{Accepted: len(events)}, nil
}

// Whatever stands in a message of a stream is taken in or refused in words, and
// facts in a CloudEvent are the same as those that come bare.
func FuzzFacts(f *testing.F) {
	campaign := "01a2139c-e0bb-7426-a1eb-3eff9af7a36b"
	fact := `{"event_id":"1","campaign_id":"` + campaign + `","occurred_at":"2026-03-02T12:00:00Z","metrics":{"clicks":1,"spend":"1.25"}}`
	f.Add("application/json", []byte(`{"events":[`+fact+`]}`))
	f.Add("application/json; charset=utf-8", []byte(fact))
	f.Add("application/x-ndjson", []byte(fact+"\n\n"+fact+"\n"))
	f.Add("text/csv", []byte("event_id,campaign_id,occurred_at,clicks\n1,"+campaign+",2026-03-02T12:00:00Z,1\n"))
	f.Add("application/cloudevents+json", []byte(`{"specversion":"1.0","id":"1","source":"/s","type":"m","data":{"events":[`+fact+`]}}`))
	f.Add("application/cloudevents+json", []byte(`{"specversion":"1.0","id":"1","source":"/s","type":"m","data_base64":"e30="}`))
	f.Add("application/cloudevents+json", []byte(`{"specversion":"1.0","id":"1","source":"/s","type":"m"}`))
	f.Add("", []byte("null"))
	f.Add("text/csv; charset", []byte{0xff, 0xfe})
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		take := func(contentType string, body []byte) ([]performance.Event, error) {
			to := &counting{}
			err := integration.TakeMetrics(to)(t.Context(), ours.Message{Topic: integration.TopicMetrics, ContentType: contentType, Body: body})
			if err != nil && fault.As(err) == nil {
				t.Errorf("%q %q: %v", contentType, body, err)
			}
			return to.got, err
		}
		bare, why := take(contentType, body)
		if contentType != "application/json" || why != nil || !json.Valid(body) {
			return
		}
		wrapped := slices.Concat([]byte(`{"specversion":"1.0","id":"1","source":"/s","type":"m","data":`), body, []byte("}"))
		if !utf8.Valid(wrapped) || len(wrapped) > integration.MaxBody {
			return
		}
		in, why := take(integration.MediaCloudEvent, wrapped)
		if diff := cmp.Diff(bare, in); why != nil || diff != "" {
			t.Errorf("%q in a CloudEvent: %v %s", body, why, diff)
		}
	})
}

package webhooks

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
)

var (
	noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	by   = event.Origin{Kind: event.ActorOperator, ID: "test"}
)

func TestPublicAddresses(t *testing.T) {
	for address, want := range map[string]bool{
		"93.184.215.14": true, "2606:2800:21f:cb07::1": true, "8.8.8.8": true,
		"127.0.0.1": false, "10.0.0.1": false, "172.16.5.4": false, "192.168.0.1": false, "169.254.169.254": false,
		"100.64.0.1": false, "0.0.0.0": false, "224.0.0.1": false, "255.255.255.255": false, "198.18.0.1": false, "192.0.0.8": false,
		"::1": false, "::": false, "fe80::1%eth0": false, "fd00:ec2::254": false, "ff02::1": false, "2001:db8::1": false,
		"::ffff:10.0.0.1": false, "::ffff:8.8.8.8": true, "64:ff9b::a00:1": false, "64:ff9b::808:808": true, "2002:a00:1::": false,
	} {
		if got := Public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

func TestHostsThatArePlainlyPrivate(t *testing.T) {
	for host, want := range map[string]bool{
		"example.com": true, "example.com.": true, "a1.b2.example": true, "xn--bcher-kva.example": true, "1.2.3.example": true,
		"localhost": false, "LOCALHOST.": false, "a.localhost": false, "printer.local": false, "metadata.google.internal": false,
		"2130706433": false, "0x7f.1": false, "0X7F000001": false, "127.1": false, "0177.0.0.1": false, "example.08": false, "10.0.0.1.": false,
	} {
		if got := public(host); got != want {
			t.Errorf("%s: %v", host, got)
		}
	}
}

func TestWhatAnEndpointWants(t *testing.T) {
	for _, tt := range []struct {
		pattern, event string
		want           bool
	}{
		{"*", "alert.raised", true},
		{"*", "performance.metrics_updated", false},
		{"performance.*", "performance.metrics_updated", false},
		{"performance.metrics_updated", "performance.metrics_updated", true},
		{"alert.*", "alert.raised", true},
		{"alert.*", "alerting.raised", false},
		{"alert.raised", "alert.resolved", false},
	} {
		if got := Wants([]string{"nothing.else", tt.pattern}, tt.event); got != tt.want {
			t.Errorf("%s wants %s: %v", tt.pattern, tt.event, got)
		}
	}
}

// A delivery that always fails is tried as often as the Schedule says, each try
// no earlier than it says and at most a tenth later.
func TestEveryTryOfTheSchedule(t *testing.T) {
	d := newDelivery(uuid.Nil, event.Event{ID: uuid.Max, Type: "alert.raised"}, noon)
	at := noon
	for n, wait := range Schedule {
		if d.Status != Pending || d.NextAt == nil {
			t.Fatalf("before try %d: %+v", n, d)
		}
		if late := d.NextAt.Sub(at); late < wait || late > wait+wait/10 {
			t.Errorf("try %d comes after %v, want %v", n, late, wait)
		}
		at = *d.NextAt
		d.note(at, Reply{Status: 500}, 0.99)
	}
	if d.Status != Exhausted || d.NextAt != nil || len(d.Tries) != len(Schedule) {
		t.Errorf("after all tries: %+v", d)
	}
	d.again(at)
	if d.Status != Pending || len(d.Tries) != 0 {
		t.Errorf("made due again: %+v", d)
	}
}

func TestWhatAnAnswerMeans(t *testing.T) {
	for _, tt := range []struct {
		reply Reply
		want  Status
		wait  time.Duration
	}{
		{Reply{Status: 200}, Delivered, 0},
		{Reply{Status: 204}, Delivered, 0},
		{Reply{Status: 302}, Pending, 5 * time.Second},
		{Reply{Status: 410}, Exhausted, 0},
		{Reply{Error: "the connection was refused"}, Pending, 5 * time.Second},
		{Reply{Status: 429, RetryAfter: time.Hour}, Pending, time.Hour},
		{Reply{Status: 503, RetryAfter: 100 * 24 * time.Hour}, Pending, 24 * time.Hour},
	} {
		d := newDelivery(uuid.Nil, event.Event{}, noon)
		d.note(noon, tt.reply, 0)
		if d.Status != tt.want || d.NextAt != nil && d.NextAt.Sub(noon) != tt.wait || (d.NextAt == nil) != (tt.want != Pending) {
			t.Errorf("%+v: %+v", tt.reply, d)
		}
	}
}

func TestWhenAnEndpointIsDisabled(t *testing.T) {
	later := noon.Add(time.Hour)
	for name, tt := range map[string]struct {
		do   func(*Endpoint)
		want Reason
	}{
		"one failure":                       {func(e *Endpoint) { e.Failed(by, noon, noon, false, false) }, ""},
		"the last try of a delivery":        {func(e *Endpoint) { e.Failed(by, later, noon, false, true) }, Failing},
		"the last try, but others arrive":   {func(e *Endpoint) { e.Delivered(later); e.Failed(by, later, noon, false, true) }, ""},
		"the last try, others came before":  {func(e *Endpoint) { e.Delivered(noon.Add(-1)); e.Failed(by, later, noon, false, true) }, Failing},
		"gone":                              {func(e *Endpoint) { e.Failed(by, noon, noon, true, true) }, Gone},
		"switched off before it fails":      {func(e *Endpoint) { e.switched(t, false); e.Failed(by, later, noon, true, true) }, ByHand},
		"switched on after it was disabled": {func(e *Endpoint) { e.Failed(by, noon, noon, true, true); e.switched(t, true) }, ""},
	} {
		e := open(by, noon, New{URL: "https://example.com/", Events: []string{"*"}}, "whsec_")
		tt.do(e)
		if got := e.State(); got.Because != tt.want || got.Enabled != (tt.want == "") || (got.DisabledAt == nil) != got.Enabled {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func (e *Endpoint) switched(t *testing.T, on bool) {
	t.Helper()
	if err := e.Change(by, noon, Patch{Enabled: &on}, Policy{}); err != nil {
		t.Fatal(err)
	}
}

func TestARotatedSecretSignsForADay(t *testing.T) {
	e := open(by, noon, New{}, "one")
	e.Rotate(by, noon, "two")
	e.Rotate(by, noon.Add(time.Hour), "three")
	for after, want := range map[time.Duration][]string{
		2 * time.Hour: {"three", "two"}, Overlap + time.Hour - 1: {"three", "two"}, Overlap + time.Hour: {"three"},
	} {
		if diff := cmp.Diff(want, e.State().signing(noon.Add(after))); diff != "" {
			t.Errorf("after %v: %s", after, diff)
		}
	}
	for _, happened := range e.PullEvents() {
		if string(happened.Data) == "" || happened.Aggregate != "webhook" || containsAny(string(happened.Data), "one", "two", "three") {
			t.Errorf("%s: %s", happened.Type, happened.Data)
		}
	}
}

func containsAny(text string, secrets ...string) bool {
	for _, s := range secrets {
		for i := 0; i+len(s)+2 <= len(text); i++ {
			if text[i:i+len(s)+2] == `"`+s+`"` {
				return true
			}
		}
	}
	return false
}

package chunk

import (
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/performance"
)

// once is what testdata holds as it was written by the program of layout 1:
// compressed columns with ids that are UUIDs, and few events with any ids.
func once() map[string][]performance.Event {
	many := make([]performance.Event, 200)
	for i := range many {
		e := &many[i]
		e.ID, e.Campaign = uuid.NewSHA1(campaign, fmt.Append(nil, i)).String(), campaign
		e.OccurredAt, e.Channel = 1_772_366_400_000_000+int64(i)*250_000, []string{"search", "social"}[i%2]
		e.Set(performance.Impressions, int64(100+i%50))
		e.Set(performance.Spend, int64(1_230_000+i*7000))
		if i%9 == 0 {
			e.Set(performance.Reach, int64(i))
			e.Country, e.Metadata, e.CorrelationID = "MX", `{"a":1}`, fmt.Sprint("request-", i)
		}
	}
	many[3].Custom = []performance.Custom{{Name: "visits", Value: 5_000_000}, {Name: "wishes", Value: -1}}
	few := append([]performance.Event(nil), many[:3]...)
	few[1].ID = "order-7"
	return map[string][]performance.Event{"v1.chunk": many, "v1-texts.chunk": few}
}

func TestLayoutOneStaysReadable(t *testing.T) {
	for name, want := range once() {
		body, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, mustDecode(t, body)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if head, err := ReadHead(body); err != nil || head != Summarize(pointers(want)) {
			t.Errorf("%s: head %+v, %v", name, head, err)
		}
	}
}

package integration

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/pb33f/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/hexabuilders/campaignd/api"
	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/internal/testenv"
	"github.com/hexabuilders/campaignd/performance"
)

// The document says where this program sends and listens, and its schemas have
// the members that the program writes and reads.
func TestAsyncAPISaysWhatTheProgramDoes(t *testing.T) {
	var doc struct {
		AsyncAPI string `yaml:"asyncapi"`
		Channels map[string]struct {
			Address string `yaml:"address"`
		} `yaml:"channels"`
		Operations map[string]struct {
			Action  string            `yaml:"action"`
			Channel map[string]string `yaml:"channel"`
		} `yaml:"operations"`
		Components struct {
			Schemas map[string]struct {
				Required   []string       `yaml:"required"`
				Properties map[string]any `yaml:"properties"`
			} `yaml:"schemas"`
		} `yaml:"components"`
	}
	if err := yaml.Unmarshal(api.AsyncAPI, &doc); err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, op := range doc.Operations {
		name := strings.TrimPrefix(op.Channel["$ref"], "#/channels/")
		got[op.Action] = append(got[op.Action], doc.Channels[name].Address)
	}
	for _, addresses := range got {
		slices.Sort(addresses)
	}
	want := map[string][]string{
		"send":    {TopicEvents, TopicPerformance + ".all", TopicPerformance + ".{partner}"},
		"receive": {TopicMetrics, TopicContract, TopicValidation},
	}
	if diff := cmp.Diff(want, got); diff != "" || doc.AsyncAPI != "3.0.0" {
		t.Errorf("AsyncAPI %s: %s", doc.AsyncAPI, diff)
	}
	body, err := json.Marshal(Performance{Opportunities: []Opportunity{}})
	if err != nil {
		t.Fatal(err)
	}
	var report map[string]any
	if err := json.Unmarshal(body, &report); err != nil {
		t.Fatal(err)
	}
	for name, members := range map[string][]string{
		"performanceReport": slices.Sorted(maps.Keys(report)),
		"contractActivated": membersOf[contractActivated](),
		"partnerValidation": membersOf[partnerValidated](),
	} {
		if diff := cmp.Diff(members, slices.Sorted(maps.Keys(doc.Components.Schemas[name].Properties))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(report)), slices.Sorted(slices.Values(doc.Components.Schemas["performanceReport"].Required))); diff != "" {
		t.Errorf("required of a report: %s", diff)
	}
}

func TestMain(m *testing.M) { testenv.Main(m) }

// AsyncAPI's own parser takes the document without an error or a warning, and
// finds one that is wrong.
func TestTheOfficialParserTakesTheAsyncAPIDocument(t *testing.T) {
	node := testenv.AsyncAPIParser(t)
	const severityInformation = 2 // of the parser's scale: 0 is an error, 1 a warning
	parse := func(document []byte) (channels, problems []string) {
		t.Helper()
		file := filepath.Join(t.TempDir(), "asyncapi.yaml")
		if err := os.WriteFile(file, document, 0o600); err != nil {
			t.Fatal(err)
		}
		text, err := exec.CommandContext(t.Context(), node, "testdata/asyncapi.js", file).Output()
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		var out struct {
			Channels []string
			Said     []struct {
				Severity          int
				Code, At, Message string
			}
		}
		if err := json.Unmarshal(text, &out); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		for _, said := range out.Said {
			if said.Severity < severityInformation {
				problems = append(problems, said.At+": "+said.Message)
			}
		}
		return out.Channels, problems
	}
	channels, problems := parse(api.AsyncAPI)
	if len(problems) > 0 || !slices.Contains(channels, TopicMetrics) || !slices.Contains(channels, TopicPerformance+".{partner}") {
		t.Errorf("channels %v; %s", channels, strings.Join(problems, "; "))
	}
	if _, problems := parse(bytes.Replace(api.AsyncAPI, []byte("action: send"), []byte("action: shout"), 1)); len(problems) == 0 {
		t.Error("an unknown action is no problem to it")
	}
}

// membersOf are the names of a struct's members in JSON.
func membersOf[T any]() (names []string) {
	for i := range reflect.TypeFor[T]().NumField() {
		name, _, _ := strings.Cut(reflect.TypeFor[T]().Field(i).Tag.Get("json"), ",")
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// What is really sent, and what is really taken in, is valid by the document.
func TestMessagesAreValidByTheAsyncAPIDocument(t *testing.T) {
	var doc any
	if err := yaml.Unmarshal(api.AsyncAPI, &doc); err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("asyncapi.yaml", doc); err != nil {
		t.Fatal(err)
	}
	id := uuid.Must(uuid.NewV7())
	sent := func(kind string, data any) []byte {
		body, err := json.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		e := event.Event{ID: id, Partner: id, Seq: 7, Type: kind, Aggregate: "campaign", AggregateID: id, OccurredAt: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), Data: body}
		return Outgoing(&e)[0].Body
	}
	heard := func(kind, data string) []byte {
		return []byte(`{"specversion":"1.0","id":"1","source":"/s","type":"` + kind + `","time":"2026-03-02T12:00:00Z","data":` + data + `}`)
	}
	partner := `"partner_id":"` + id.String() + `"`
	for _, tt := range []struct {
		message string
		body    []byte
		valid   bool
	}{
		{"domainEvent", sent("campaign.launched", map[string]any{}), true},
		{"domainEvent", sent("performance.anomaly_detected", map[string]any{"a": 1}), true},
		{"domainEvent", heard("campaign-management/campaign.launched", `{}`), false}, // no partner, no sequence
		{"performanceReport", sent(EventReport, Performance{Period: Period{Type: Monthly, Timezone: "UTC"}, KPIs: map[string]performance.KPI{}, Opportunities: []Opportunity{}}), true},
		{"performanceReport", sent(EventReport, Performance{Period: Period{Type: "YEARLY", Timezone: "UTC"}, KPIs: map[string]performance.KPI{}, Opportunities: []Opportunity{}}), false},
		{"performanceReport", sent("campaign.launched", map[string]any{}), false},
		{"contractActivated", heard(TypeContract, `{`+partner+`,"contract_id":"C","version":3,"campaign_permissions":["a"],"budget_limits":{"daily_budget_limit":1e3,"monthly_budget_limit":"5.00","welcome_campaign_budget":{"amount":"5.00","currency":"USD"}},"feature_flags":{"auto_welcome_campaign":true}}`), true},
		{"contractActivated", heard(TypeContract, `{"contract_id":"C"}`), false},
		{"partnerValidation", heard(TypeValidation, `{`+partner+`,"validation_status":"FULLY_VALIDATED"}`), true},
		{"partnerValidation", heard(TypeContract, `{`+partner+`,"validation_status":"FULLY_VALIDATED"}`), false},
	} {
		schema, err := compiler.Compile("asyncapi.yaml#/components/messages/" + tt.message + "/payload")
		if err != nil {
			t.Fatal(err)
		}
		body, err := jsonschema.UnmarshalJSON(bytes.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(body); (err == nil) != tt.valid {
			t.Errorf("%s as %s: %v", tt.body, tt.message, err)
		}
	}
}

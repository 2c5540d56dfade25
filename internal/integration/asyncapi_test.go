package integration

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/hexabuilders/campaignd/api"
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

// membersOf are the names of a struct's members in JSON.
func membersOf[T any]() (names []string) {
	for i := range reflect.TypeFor[T]().NumField() {
		name, _, _ := strings.Cut(reflect.TypeFor[T]().Field(i).Tag.Get("json"), ",")
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

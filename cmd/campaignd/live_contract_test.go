package main

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/pb33f/jsonschema/v6"
)

// Every message that comes over a campaign's and a partner's live connections
// is what the contract that the same process serves says of it.
func TestLiveMessagesAreWhatTheContractSays(t *testing.T) {
	p := start(t, t.TempDir())
	message := liveSchema(t, p.url)
	partner, manager := p.partner()
	id := manager.campaign("100.00", true)
	var channels []<-chan string
	for _, path := range []string{"/campaigns/" + id + "/ws", "/partners/" + partner + "/ws"} {
		channels = append(channels, listen(t, manager, path, message))
	}
	for _, kinds := range channels {
		awaitKinds(t, kinds, "snapshot")
	}
	send(t, manager, id, "60.00")
	send(t, manager, id, "70.00") // past the limit: an alert, and the campaign is paused
	for _, kinds := range channels {
		awaitKinds(t, kinds, "metrics_update", "budget_update", "alert", "campaign_notification")
	}
}

// liveSchema is the LiveMessage of the contract as it is served.
func liveSchema(t *testing.T, url string) *jsonschema.Schema {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/openapi.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	document, err := jsonschema.UnmarshalJSON(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("openapi.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("openapi.json#/components/schemas/LiveMessage")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// listen holds every message of a live WebSocket to the schema, and gives their
// types.
func listen(t *testing.T, c caller, path string, message *jsonschema.Schema) <-chan string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	conn, _, err := websocket.Dial(ctx, c.url+"/api/v1"+path, &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + c.key}}})
	if err != nil {
		t.Fatal(err)
	}
	kinds, done := make(chan string, 1000), make(chan struct{})
	t.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		defer func() { _ = conn.CloseNow() }()
		for {
			_, text, err := conn.Read(ctx)
			if err != nil {
				return
			}
			body, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
			if err == nil {
				err = message.Validate(body)
			}
			if err != nil {
				t.Errorf("%s: %v\n%s", path, err, text)
				continue
			}
			kind, _ := body.(map[string]any)["type"].(string)
			kinds <- kind
		}
	}()
	return kinds
}

// awaitKinds waits until each type has come.
func awaitKinds(t *testing.T, kinds <-chan string, want ...string) {
	t.Helper()
	missing := map[string]bool{}
	for _, kind := range want {
		missing[kind] = true
	}
	deadline := time.After(patience)
	for len(missing) > 0 {
		select {
		case kind := <-kinds:
			delete(missing, kind)
		case <-deadline:
			t.Fatalf("these did not come: %v", slices.Sorted(maps.Keys(missing)))
		}
	}
}

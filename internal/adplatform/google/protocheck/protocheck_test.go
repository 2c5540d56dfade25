// Package protocheck holds the bodies that the client of Google Ads sends to the
// published protobufs. It is a module of its own, because they are 35 MB of code
// that the product has no use for.
package protocheck

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shenzhencenter/google-ads-pb/services"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// messages are the requests, by the beginning of the file's name.
var messages = map[string]func() proto.Message{
	"googleAds.mutate":  func() proto.Message { return &services.MutateGoogleAdsRequest{} },
	"adGroupAds.mutate": func() proto.Message { return &services.MutateAdGroupAdsRequest{} },
	"googleAds.search":  func() proto.Message { return &services.SearchGoogleAdsRequest{} },

	"offlineUserDataJobs.create":        func() proto.Message { return &services.CreateOfflineUserDataJobRequest{} },
	"offlineUserDataJobs.addOperations": func() proto.Message { return &services.AddOfflineUserDataJobOperationsRequest{} },
	"offlineUserDataJobs.run":           func() proto.Message { return &services.RunOfflineUserDataJobRequest{} },
}

// protojson refuses every field and every enum value that a message does not
// have.
func TestBodiesAreValidProtobufs(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "testdata", "*.json"))
	if err != nil || len(files) < 20 {
		t.Fatalf("%d bodies: %v", len(files), err)
	}
	for _, file := range files {
		parts := strings.Split(filepath.Base(file), ".")
		message := messages[parts[0]+"."+parts[1]]
		if message == nil {
			t.Fatalf("%s: no request is called so", file)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := protojson.Unmarshal(text, message()); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// The check itself refuses what it has to.
func TestTheCheckIsStrict(t *testing.T) {
	for _, wrong := range []string{
		`{"mutateOperations":[{"campaignOperation":{"create":{"nickname":"x"}}}]}`,
		`{"mutateOperations":[{"campaignOperation":{"create":{"status":"RUNNING"}}}]}`,
		`{"mutateOperations":[{"campaignBudgetOperation":{"create":{"amountMicros":"12.5"}}}]}`,
	} {
		if protojson.Unmarshal([]byte(wrong), &services.MutateGoogleAdsRequest{}) == nil {
			t.Errorf("%s was taken", wrong)
		}
	}
}

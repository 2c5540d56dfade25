package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hexabuilders/campaignd/internal/market/sandbox"
)

// An operator sees the accounts, what runs on them and what is open there, and
// decides about two campaigns with one reference.
func TestOperatorsSeeAndSettleWhatIsOpenAtPlatforms(t *testing.T) {
	box, p := playPlatforms(t, 0)
	partner, manager := p.partner()
	account := manager.must("POST", "/ad-accounts", connectMeta)["id"].(string)
	campaign := manager.socialCampaign()
	box.Order(sandbox.Fault{Kind: sandbox.DropAfter, Method: "POST", Path: "/campaigns", Times: 1})
	box.Order(sandbox.Fault{Kind: sandbox.ServerError, Method: "GET", Path: "/campaigns"}) // no search brings anything
	placement := manager.must("POST", "/campaigns/"+campaign+"/placements", map[string]any{"ad_account_id": account})["id"].(string)
	cli := func(args ...string) string {
		t.Helper()
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), append(append([]string{"platforms"}, args...), "--url", p.url, "--key", adminKey), &stdout, &stderr); code != 0 {
			t.Fatalf("%s: %d\n%s", args, code, stderr.String())
		}
		return stdout.String()
	}
	eventually(t, "the lost campaign is open", func() bool {
		return strings.Contains(cli("open"), placement) && strings.Contains(cli("open"), "unknown")
	})
	box.Duplicate("meta", "campaign")
	box.Clear()
	eventually(t, "both are found", func() bool { return strings.Contains(cli("open", "--partner", partner), "conflict") })
	line := cli("open")
	candidates := line[strings.Index(line, "One of ")+len("One of "):]
	keep, _, _ := strings.Cut(candidates, ",")
	if out := cli("resolve", placement, "campaign", "adopt", "--external-id", keep); !strings.HasPrefix(out, placement) {
		t.Errorf("resolve prints %q", out)
	}
	eventually(t, "the campaign runs", func() bool {
		out := cli("placements")
		return strings.Contains(out, "current") && strings.Contains(out, "4 of 4")
	})
	if got := objectAt(t, manager, placement, "campaign"); got != keep {
		t.Errorf("adopted %s, not %s", got, keep)
	}
	if out := cli("accounts"); !strings.Contains(out, account) || !strings.Contains(out, "connected") || !strings.Contains(out, "Andes Outdoor") {
		t.Errorf("accounts:\n%s", out)
	}
	if out := cli("pull", account); out != account+" connected\n" {
		t.Errorf("pull prints %q", out)
	}
	if out := cli("open"); strings.Contains(out, placement) {
		t.Errorf("still open:\n%s", out)
	}
}

package partners_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/partners"
)

// policy is the table once more, by role: whoever widens one has to widen both.
var policy = map[partners.Role]string{
	"admin":    "read write_campaigns pause write_budgets approve write_metrics acknowledge_alerts write_alert_rules manage_partners optimize manage_keys manage_webhooks manage_platforms pay operate_brokers",
	"manager":  "read write_campaigns pause write_budgets write_metrics acknowledge_alerts write_alert_rules optimize manage_webhooks manage_platforms",
	"approver": "read pause approve acknowledge_alerts",
	"finance":  "read pause write_budgets acknowledge_alerts write_alert_rules pay",
	"analyst":  "read",
	"ingest":   "write_metrics",
	"":         "",
	"root":     "",
}

func TestEveryRoleAndAction(t *testing.T) {
	for role, may := range policy {
		for _, action := range append(slices.Clone(partners.Actions), "", "everything") {
			p := partners.Principal{Role: role}
			want := action != "" && slices.Contains(strings.Fields(may), string(action))
			if got := p.Can(action); got != want {
				t.Errorf("%q can %q: %v, want %v", role, action, got, want)
			}
			if err := p.Require(action); (err == nil) != want {
				t.Errorf("%q is required to %q: %v", role, action, err)
			}
		}
	}
	for _, role := range partners.Roles {
		if _, ok := policy[role]; !ok || !role.Valid() {
			t.Errorf("the role %q is not in the test's table or not valid", role)
		}
	}
	if partners.Role("root").Valid() {
		t.Error("root is a role")
	}
}

func TestTheRefusalNamesTheRolesThatMay(t *testing.T) {
	err := partners.Principal{Role: partners.RoleAnalyst}.Require(partners.ActionWriteBudgets)
	if !errors.Is(err, partners.ErrForbidden) || fault.KindOf(err) != fault.Forbidden {
		t.Fatalf("got %v", err)
	}
	for _, word := range []string{"analyst", "write_budgets", "admin, manager, finance"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
}

func TestSees(t *testing.T) {
	own, other := uuid.UUID{1}, uuid.UUID{2}
	for _, c := range []struct {
		who        string
		p          partners.Principal
		own, other bool
	}{
		{"an administrator", partners.Principal{Role: partners.RoleAdmin}, true, true},
		{"a manager", partners.Principal{Role: partners.RoleManager, Partner: own}, true, false},
		{"nobody", partners.Principal{}, false, false},
	} {
		if c.p.Sees(own) != c.own || c.p.Sees(other) != c.other {
			t.Errorf("%s sees its own: %v, another's: %v", c.who, c.p.Sees(own), c.p.Sees(other))
		}
	}
	if (partners.Principal{}).Sees(uuid.Nil) {
		t.Error("the zero principal sees what belongs to no partner")
	}
}

func TestOrigin(t *testing.T) {
	p := partners.Principal{Partner: uuid.UUID{1}, Key: uuid.UUID{2}, Role: partners.RoleManager, Name: "Ana"}
	want := event.Origin{
		Partner: uuid.UUID{1}, Kind: event.ActorKey, ID: "02000000-0000-0000-0000-000000000000",
		Name: "Ana", From: "api", CorrelationID: "r1",
	}
	if got := p.Origin("api", "r1"); got != want {
		t.Errorf("got %+v", got)
	}
}

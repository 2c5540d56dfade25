package sqlstore

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/campaigns"
)

// A stored guard that says nothing sensible is as good as none that can be
// read: the default would be looser than what the partner asked for.
func TestAGuardThatMakesNoSenseIsAnError(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *DB) {
		for i, state := range []string{"", "{", `{"max_step_percent":0}`, `{"max_step_percent":50,"max_day_percent":100,"approval_percent":-1}`} {
			partner := uuid.UUID{byte(i + 1)}
			_, err := db.writer.ExecContext(t.Context(), `INSERT INTO budget_guards (partner, revision, state) VALUES ($1, 2, $2)`, db.key(partner), state)
			if err != nil {
				t.Fatal(err)
			}
			if p, err := db.Guards().Policy(t.Context(), partner); err == nil {
				t.Errorf("%q is %+v", state, p)
			}
			if _, err := insertCampaign(t, db, partner, campaigns.BudgetTotal, 100); !errors.Is(err, budgets.ErrUnguarded) {
				t.Errorf("%q opens a budget: %v", state, err)
			}
		}
	})
}

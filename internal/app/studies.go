package app

import (
	"time"

	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/study"
)

// newStudies computes lookalikes and clusters of the people in audiences.
func newStudies(db *sqlstore.DB, people *audience.Service, now func() time.Time) *study.Service {
	return study.NewService(study.Config{Store: db.Studies(), Queue: db.Studies(), People: people, Now: now, NewID: newID})
}

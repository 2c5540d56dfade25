package sqlstore

import (
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/partners"
)

func TestAPartnerAndItsKeyLastThroughARestart(t *testing.T) {
	dir := t.TempDir()
	open := func() (*DB, *partners.Service) {
		db, err := Open(t.Context(), Config{URL: dir})
		if err != nil {
			t.Fatal(err)
		}
		return db, partners.NewService(db.Partners(), db.Keys(), time.Now, func() uuid.UUID { return uuid.Must(uuid.NewV7()) }, rand.Reader)
	}
	db, service := open()
	p, err := service.Create(t.Context(), event.Origin{}, partners.NewPartner{Name: "Andes", Timezone: "America/Bogota", Currency: "USD"})
	if err != nil {
		t.Fatal(err)
	}
	id := p.State().ID
	key, secret, err := service.IssueKey(t.Context(), event.Origin{}, id, partners.NewKey{Role: partners.RoleManager})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db, service = open()
	defer func() { _ = db.Close() }()
	who, err := service.Authenticate(t.Context(), secret)
	if err != nil || who.Partner != id || who.Role != partners.RoleManager {
		t.Fatalf("%+v, %v", who, err)
	}
	if err := service.RevokeKey(t.Context(), event.Origin{}, id, key.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := service.Authenticate(t.Context(), secret); !errors.Is(err, partners.ErrUnauthorized) {
		t.Fatalf("a revoked key: %v", err)
	}
	events, err := db.Log().Read(t.Context(), id, 0, 10)
	if err != nil || len(events) != 3 {
		t.Fatalf("%d events, %v", len(events), err)
	}
}

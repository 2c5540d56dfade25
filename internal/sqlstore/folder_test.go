package sqlstore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/hexabuilders/campaignd/internal/testenv"
)

func TestADataFolderBelongsToOneStoreAtATime(t *testing.T) {
	folder := t.TempDir()
	first := open(t, folder)
	if _, err := Open(t.Context(), Config{URL: folder}); !errors.Is(err, ErrFolderInUse) {
		t.Fatalf("the second store got %v, want %v", err, ErrFolderInUse)
	}
	if err := first.Ping(t.Context()); err != nil {
		t.Fatalf("the refused store has harmed the first: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, folder)
}

// TestAFolderIsHeldBeyondTheContextOfItsOpening would fail if the lock ended
// with a time limit for starting.
func TestAFolderIsHeldBeyondTheContextOfItsOpening(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	folder := t.TempDir()
	db, err := Open(ctx, Config{URL: folder})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	cancel()
	if _, err := Open(t.Context(), Config{URL: folder}); !errors.Is(err, ErrFolderInUse) {
		t.Fatalf("the second store got %v, want %v", err, ErrFolderInUse)
	}
}

func TestAFolderMayHaveAnyName(t *testing.T) {
	folder := filepath.Join(t.TempDir(), `año 100%41 ?a=b #1`)
	open(t, folder)
	if _, err := os.Stat(filepath.Join(folder, FileName)); err != nil {
		t.Fatal(err)
	}
}

func TestNodesMayStartAtOnce(t *testing.T) {
	url := testenv.Postgres(t)
	errs := make(chan error)
	for range 4 {
		go func() {
			db, err := Open(context.Background(), Config{URL: url})
			if err == nil {
				err = db.Close()
			}
			errs <- err
		}()
	}
	for range 4 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// open opens a store that is closed when the test ends.
func open(t *testing.T, url string) *DB {
	t.Helper()
	db, err := Open(context.Background(), Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

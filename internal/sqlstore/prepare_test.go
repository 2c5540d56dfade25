package sqlstore

import (
	"fmt"
	"sync"
	"testing"
)

func TestStatementsStayPreparedBetweenTransactions(t *testing.T) {
	db, err := Open(t.Context(), Config{URL: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	const query = `UPDATE leases SET fence = fence + $1`
	var writers sync.WaitGroup
	for i := range 8 { // who waits for the connection must not keep its holder waiting
		writers.Go(func() {
			for n := range 20 {
				err := db.write(t.Context(), func(x *tx) error {
					if _, err := x.exec(t.Context(), query, n); err != nil {
						return err
					}
					_, err := x.exec(t.Context(), fmt.Sprintf(`UPDATE leases SET holder = '%d' WHERE fence = $1`, i*20+n), n)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	if db.statements.of(query) == nil {
		t.Error("the statement was not kept")
	}
	for n := range 2 * maxStatements {
		err := db.write(t.Context(), func(x *tx) error {
			_, err := x.exec(t.Context(), fmt.Sprintf(`UPDATE leases SET holder = 'x%d'`, n))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if kept := len(db.statements.ready); kept != maxStatements {
		t.Errorf("%d statements are kept, want %d", kept, maxStatements)
	}
}

func TestAStatementThatIsWrongIsReportedEveryTime(t *testing.T) {
	db, err := Open(t.Context(), Config{URL: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for range 2 {
		err := db.write(t.Context(), func(x *tx) error {
			_, err := x.exec(t.Context(), `UPDATE nothing SET a = 1`)
			return err
		})
		if err == nil {
			t.Error("no error")
		}
	}
}

package sqlstore

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/targeting/audience"
)

// list is a file of people, made as it is read, so that its length takes no
// memory.
type list struct {
	rows, next int
	columns    func(i int) string
	header     string
	unread     []byte
}

func (l *list) Read(p []byte) (int, error) {
	if l.header != "" {
		l.unread, l.header = []byte(l.header), ""
	}
	if len(l.unread) == 0 {
		if l.next == l.rows {
			return 0, io.EOF
		}
		l.unread = []byte(l.columns(l.next))
		l.next++
	}
	n := copy(p, l.unread)
	l.unread = l.unread[n:]
	return n, nil
}

// BenchmarkAudienceUpload takes in lists of 500 000 people: rows a second of the
// whole way from the stream to the audience, and what a member takes on disk.
func BenchmarkAudienceUpload(b *testing.B) {
	const rows = 500_000
	for _, shape := range []struct {
		name, header string
		columns      func(i int) string
	}{
		{"email", "email\n", func(i int) string { return fmt.Sprintf("person.%d@example.com\n", i) }},
		{"email, phone, city and age", "email,phone,city,age\n", func(i int) string {
			return fmt.Sprintf("person.%d@example.com,+57301%07d,%s,%d\n", i, i, []string{"Lima", "Quito", "Cali"}[i%3], 18+i%60)
		}},
	} {
		b.Run(shape.name, func(b *testing.B) {
			for range b.N {
				dir := b.TempDir()
				db, err := Open(b.Context(), Config{URL: dir})
				if err != nil {
					b.Fatal(err)
				}
				by := event.Origin{Partner: uuid.Must(uuid.NewV7()), Kind: event.ActorOperator, ID: "bench"}
				if _, err := db.writer.ExecContext(b.Context(), `INSERT INTO partners (id, revision, state) VALUES ($1, 1, '{}')`, by.Partner[:]); err != nil {
					b.Fatal(err)
				}
				service := audience.NewService(audience.Config{
					Store: db.Audiences(), Uploads: db.Audiences(), People: db.People(), Facts: db.People(), Eraser: db.People(),
					Currency: func(context.Context, uuid.UUID) (string, error) { return "USD", nil },
					Now:      time.Now, NewID: func() uuid.UUID { return uuid.Must(uuid.NewV7()) },
				})
				made, err := service.Create(b.Context(), by, audience.New{Name: "bench"})
				if err != nil {
					b.Fatal(err)
				}
				begun := time.Now()
				u, err := service.Take(b.Context(), by, made.ID, "text/csv", &list{rows: rows, header: shape.header, columns: shape.columns}, audience.TakeOptions{})
				if err != nil || u.Added != rows {
					b.Fatal(u, err)
				}
				b.ReportMetric(float64(rows)/time.Since(begun).Seconds(), "rows/s")
				if _, err := db.writer.ExecContext(b.Context(), `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
					b.Fatal(err)
				}
				var pages, free, size int64
				for pragma, to := range map[string]*int64{"page_count": &pages, "freelist_count": &free, "page_size": &size} {
					if err := db.writer.QueryRowContext(b.Context(), "PRAGMA "+pragma).Scan(to); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64((pages-free)*size)/rows, "B/member")
				_ = db.Close()
			}
		})
	}
}

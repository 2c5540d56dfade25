package sqlstore

import (
	"context"
	"embed"
	"io/fs"
	"strings"
	"testing/fstest"

	"github.com/pressly/goose/v3"
)

// The migrations are one text for both engines: SQLite reads the type names of
// PostgreSQL, and /*clustered*/ stands where it needs WITHOUT ROWID.
//
//go:embed migrations/*.sql
var migrations embed.FS

func (db *DB) migrate(ctx context.Context) error {
	files, err := db.migrationFiles()
	if err != nil {
		return err
	}
	dialect := goose.DialectSQLite3
	if db.name == postgresDialect.name {
		dialect = goose.DialectPostgres
	}
	provider, err := goose.NewProvider(dialect, db.writer, files)
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// migrationFiles is the embedded folder as this engine reads it.
func (db *DB) migrationFiles() (fs.FS, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(sub, "*.sql")
	if err != nil {
		return nil, err
	}
	out := fstest.MapFS{}
	for _, name := range names {
		text, err := fs.ReadFile(sub, name)
		if err != nil {
			return nil, err
		}
		out[name] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(string(text), "/*clustered*/", db.clustered))}
	}
	return out, nil
}

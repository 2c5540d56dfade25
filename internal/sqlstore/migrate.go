package sqlstore

import (
	"bytes"
	"context"
	"embed"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// The migrations are one text for both engines: SQLite reads the type names of
// PostgreSQL, and /*clustered*/ stands where it needs WITHOUT ROWID.
//
//go:embed migrations/*.sql
var migrations embed.FS

func (db *DB) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	dialect, options := goose.DialectSQLite3, []goose.ProviderOption{}
	if db.name == postgresDialect.name {
		one, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300)) // nodes may start at once; they ask every second
		if err != nil {
			return err
		}
		dialect, options = goose.DialectPostgres, append(options, goose.WithSessionLocker(one))
	}
	provider, err := goose.NewProvider(dialect, db.writer, adapted{files, db.dialect}, options...)
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// adapted is a folder of migrations as an engine reads them. Finding files is
// left to the folder inside; opening one gives its text with the engine's words
// in it.
type adapted struct {
	fs.FS
	dialect
}

// Open implements fs.FS.
func (a adapted) Open(name string) (fs.File, error) {
	file, err := a.FS.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err != nil || info.IsDir() {
		return file, err
	}
	defer func() { _ = file.Close() }()
	text, err := fs.ReadFile(a.FS, name)
	if err != nil {
		return nil, err
	}
	text = bytes.ReplaceAll(text, []byte("/*clustered*/"), []byte(a.clustered))
	return script{file, bytes.NewReader(text)}, nil
}

// script is a file with another text.
type script struct {
	fs.File
	text *bytes.Reader
}

func (s script) Read(into []byte) (int, error) { return s.text.Read(into) }
func (s script) Close() error                  { return nil }

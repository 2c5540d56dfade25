package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"

	"github.com/hexabuilders/campaignd/fault"
)

// ErrFolderInUse says that the data folder belongs to a process that runs.
var ErrFolderInUse = fault.New(fault.Conflict, "data_folder_in_use",
	"Another campaignd uses this data folder.",
	"Stop the other one, name another folder, or use PostgreSQL, which any number of nodes may share.")

// lockName is the file that the process using a folder holds locked.
const lockName = "campaignd.lock"

// folder is a data folder that no other process can take. SQLite alone would
// let two processes write in turns; but what one commits would not wake the
// other, and both would call themselves the only node.
type folder struct {
	file *sql.DB
	held *sql.Tx
}

// takeFolder fails with ErrFolderInUse while another store has the folder. The
// lock is the operating system's, which takes it from a process that dies. It is
// SQLite that asks for it, because it knows how on every system.
func takeFolder(path string) (*folder, error) {
	file, err := sql.Open("sqlite", fileDSN(filepath.Join(path, lockName), url.Values{"_txlock": {"exclusive"}}))
	if err != nil {
		return nil, err
	}
	held, err := file.BeginTx(context.Background(), nil) // held until Close, whatever Open's context does
	if err != nil {
		if isBusy(err) {
			err = ErrFolderInUse.With("Another campaignd uses the data folder %s.", path)
		}
		return nil, errors.Join(err, file.Close())
	}
	return &folder{file, held}, nil
}

// Close lets others have the folder.
func (f *folder) Close() error { return errors.Join(f.held.Rollback(), f.file.Close()) }

// fileDSN names a file to SQLite, whatever characters its path has.
func fileDSN(path string, query url.Values) string {
	escaped := url.URL{Path: filepath.ToSlash(path)}
	return "file:" + escaped.EscapedPath() + "?" + query.Encode()
}

// TakeFolder keeps other processes out of a folder that lies beside the store,
// until the returned Closer is closed. It fails with ErrFolderInUse.
func TakeFolder(path string) (io.Closer, error) {
	if err := os.MkdirAll(path, 0o750); err != nil {
		return nil, err
	}
	return takeFolder(path)
}

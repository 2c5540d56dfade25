package app

import (
	"os"
	"path/filepath"
)

// BenchStore is where a measurement keeps its data.
type BenchStore struct {
	Database string `placeholder:"URL" help:"An empty PostgreSQL to measure on, in place of an embedded store in a temporary folder. What the measurement writes stays there."`
}

// place is a temporary folder and the store's URL: in the folder, or the
// database that was given. remove deletes the folder.
func (s BenchStore) place() (dir, url string, remove func(), err error) {
	if dir, err = os.MkdirTemp("", "campaignd-bench-"); err != nil {
		return "", "", nil, err
	}
	url = s.Database
	if url == "" {
		url = filepath.Join(dir, "store")
	}
	return dir, url, func() { _ = os.RemoveAll(dir) }, nil
}

package adplatform

import (
	"errors"
	"io"
	"os"
)

// kept is a report on disk, from its first byte. Where the system allows it the
// file has no name any more, so that not even a crash leaves it behind.
type kept struct {
	*os.File
	size int64
}

// keep writes a report to dir. It fails with ErrFileTooLarge beyond limit.
func keep(dir string, report io.Reader, limit int64) (*kept, error) {
	f, err := os.CreateTemp(dir, "report-*.csv")
	if err != nil {
		return nil, err
	}
	os.Remove(f.Name()) //nolint:errcheck // some systems refuse while it is open; drop tries again
	k := &kept{File: f}
	if k.size, err = io.Copy(f, io.LimitReader(report, limit+1)); err == nil && k.size > limit {
		err = ErrFileTooLarge.With("The file is larger than %d bytes.", limit)
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		k.drop()
		return nil, err
	}
	return k, nil
}

func (k *kept) drop() {
	name := k.Name()
	_ = errors.Join(k.Close(), os.Remove(name)) // the file is of no more use, and usually gone
}

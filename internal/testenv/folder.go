package testenv

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const folderPrefix = "campaignd-test-"

// folder makes a temporary folder whose name tells the process it belongs to,
// after removing those of processes that are gone.
//
// It stands directly in the system's temporary folder and not in t.TempDir:
// the path of a unix socket may have no more than 107 bytes.
func folder(kind string) (string, error) {
	sweep(os.TempDir())
	dir, err := os.MkdirTemp("", fmt.Sprintf("%s%d-%s-", folderPrefix, os.Getpid(), kind))
	if err != nil {
		return "", fmt.Errorf("make a temporary folder: %w", err)
	}
	return dir, nil
}

// sweep removes the folders that killed test binaries left in parent.
func sweep(parent string) {
	found, _ := filepath.Glob(filepath.Join(parent, folderPrefix+"*"))
	for _, dir := range found {
		if pid := owner(dir); pid > 0 && !alive(pid) {
			_ = os.RemoveAll(dir) // another user's stays, and does no harm
		}
	}
}

// owner reads the process id from a folder's name; 0 when it has none.
func owner(dir string) int {
	id, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), folderPrefix), "-")
	pid, err := strconv.Atoi(id)
	if err != nil {
		return 0
	}
	return pid
}

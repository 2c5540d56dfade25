package testenv

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// goCommandStderr opens the stderr of the go command that runs this binary. It
// is nil when there is no such parent (an IDE, a debugger), when our own stderr
// already leads to the same place, or when the system does not let us.
func goCommandStderr() *os.File {
	parent := os.Getppid()
	if name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", parent)); err != nil || strings.TrimSpace(string(name)) != "go" {
		return nil
	}
	path := fmt.Sprintf("/proc/%d/fd/2", parent)
	theirs, err := os.Stat(path)
	if err != nil {
		return nil
	}
	if ours, err := os.Stderr.Stat(); err == nil && os.SameFile(ours, theirs) {
		return nil
	}
	if file := duplicate(parent, 2); file != nil {
		return file
	}
	if theirs.Mode().IsRegular() {
		return nil // opened anew it has a position of its own, and they would write over our line
	}
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil
	}
	return file
}

// duplicate shares another process's descriptor with its position. Containers
// often forbid it; nil then.
func duplicate(pid, descriptor int) *os.File {
	handle, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return nil
	}
	defer func() { _ = unix.Close(handle) }() // nothing was written to it
	copied, err := unix.PidfdGetfd(handle, descriptor, 0)
	if err != nil {
		return nil
	}
	return os.NewFile(uintptr(copied), "stderr of the go command")
}

//go:build !linux

package testenv

import (
	"os"
	"os/exec"
)

// Outside Linux there is no parent-death signal and servers run as the user of
// the tests: a killed test binary may leave a server behind.

func dieWithParent(*exec.Cmd) {}

type account struct{}

func unprivileged() (*account, error) { return nil, nil }

func (*account) run(*exec.Cmd)    {}
func (*account) own(string) error { return nil }

func children(int) []int { return nil }

func alive(pid int) bool {
	process, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	_ = process.Release()
	return true
}

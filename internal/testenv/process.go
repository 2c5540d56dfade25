package testenv

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"
)

// process is a running server that dies with this test binary.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
}

// startProcess starts cmd from a goroutine that keeps its thread until the
// process has ended: the parent-death signal follows the thread that started a
// child, and an idle thread may end long before the program does.
func startProcess(cmd *exec.Cmd) (*process, error) {
	dieWithParent(cmd)
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in cmd.ProcessState
		}
		close(p.done)
	}()
	return p, <-started
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// stop sends the signal and waits for the end; a process that is deaf to it
// for 30 s is killed.
func (p *process) stop(signal os.Signal) error {
	if err := p.cmd.Process.Signal(signal); err != nil && !p.ended() {
		return fmt.Errorf("signal %v to %s: %w", signal, p.cmd.Path, err)
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(30 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
		return fmt.Errorf("%s did not stop within 30 s of signal %v and was killed", p.cmd.Path, signal)
	}
}

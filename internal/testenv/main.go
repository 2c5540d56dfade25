package testenv

import (
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// underMain is set while Main runs the tests. Without Main nothing would stop
// the servers, so Postgres and Browser refuse to start one.
var underMain atomic.Bool

// Main runs the tests, stops every server the package started, removes their
// folders, says aloud which backends were missing, and exits.
func Main(m interface{ Run() int }) {
	os.Exit(Run(m))
}

// Run is Main without the exit, for a TestMain that has more to do.
func Run(m interface{ Run() int }) int {
	underMain.Store(true)
	code := m.Run()
	closing.run()
	if report := absent.report(where()); report != "" {
		aloud(report, code == 0 && !testing.Verbose())
	}
	return code
}

// where names the package under test by its folder inside the module.
func where() string {
	dir, err := os.Getwd()
	if err != nil {
		return "unknown package"
	}
	root := moduleRoot(dir)
	if rel := strings.TrimPrefix(strings.TrimPrefix(dir, root), "/"); rel != "" {
		return rel
	}
	return "root package"
}

// moduleRoot is the nearest folder above dir that holds go.mod, or dir itself.
func moduleRoot(dir string) string {
	for at := dir; at != "" && at != "/"; at = at[:max(0, strings.LastIndexByte(at, '/'))] {
		if _, err := os.Stat(at + "/go.mod"); err == nil {
			return at
		}
	}
	return dir
}

func needsMain(t testing.TB) {
	t.Helper()
	if !underMain.Load() {
		t.Fatal("this package must end its tests through testenv; add: func TestMain(m *testing.M) { testenv.Main(m) }")
	}
}

// closing holds what must happen after the last test, last added first.
var closing atExit

type atExit struct {
	mu    sync.Mutex
	steps []func()
}

func (a *atExit) add(step func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.steps = append(a.steps, step)
}

func (a *atExit) run() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for ; len(a.steps) > 0; a.steps = a.steps[:len(a.steps)-1] {
		a.steps[len(a.steps)-1]()
	}
}

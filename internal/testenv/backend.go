package testenv

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// requireVar names the backends whose absence is a failure.
const requireVar = "CAMPAIGND_TEST_REQUIRE"

// Backend is a program that tests need and that may not be installed.
type Backend struct {
	Name     string   // as CAMPAIGND_TEST_REQUIRE spells it
	Programs []string // any of these will do, best first
	Folders  []string // globs searched after PATH, greatest match first
	Install  string   // the command that installs it
}

var (
	postgres = Backend{
		Name:     "postgres",
		Programs: []string{"initdb"},
		Folders:  []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin"},
		Install:  "apt-get install postgresql",
	}
	chromium = Backend{
		Name:     "chromium",
		Programs: []string{"chromium", "chromium-browser", "google-chrome", "headless-shell", "chrome-headless-shell"},
		Install:  "apt-get install chromium fonts-dejavu-core",
	}
	influx1 = Backend{
		Name:     "influx1",
		Programs: []string{"influxd"},
		Folders:  []string{"/usr/sbin", "/usr/local/bin"},
		Install:  "apt-get install influxdb",
	}
	influx18 = Backend{
		Name:     "influx18",
		Programs: []string{"influxd-1.8.10"}, // a name of its own in PATH, or in the folder of .ci/run
		Folders:  []string{built("influxd-v1.8.10")},
		Install:  ".ci/run backends",
	}
	stripeMock = Backend{
		Name:     "stripe-mock",
		Programs: []string{"stripe-mock"},
		Folders:  []string{built("stripe-mock-v0.203.0")},
		Install:  ".ci/run backends",
	}
	metaSDK = Backend{
		Name:     "metasdk",
		Programs: []string{"meta-sdk"}, // Node with the SDK in its path
		Folders:  []string{built("meta-sdk-24.0.1")},
		Install:  ".ci/run backends",
	}
	asyncAPIParser = Backend{
		Name:     "asyncapi-parser",
		Programs: []string{"asyncapi-parser"}, // Node with the parser in its path
		Folders:  []string{built("asyncapi-parser-3.6.6")},
		Install:  ".ci/run backends",
	}
	axe = Backend{
		Name:     "axe",
		Programs: []string{"axe.min.js"}, // a script for the browser, marked as a program to be found as one
		Folders:  []string{built("axe-core-4.14.1/node_modules/axe-core")},
		Install:  ".ci/run backends",
	}
)

// built is the folder in which .ci/run builds what no package has.
func built(name string) string {
	tools := os.Getenv("CI_TOOLS")
	if cache, err := os.UserCacheDir(); tools == "" && err == nil {
		tools = filepath.Join(cache, "campaignd-tools")
	}
	return filepath.Join(tools, name)
}

// find gives the path of the backend's program, links resolved: the other
// programs of an installation stand beside the real file, not beside a link.
func (b Backend) find() (string, bool) {
	for _, program := range b.Programs {
		if path, err := exec.LookPath(program); err == nil {
			return resolved(path), true
		}
		for _, folder := range b.candidates() {
			if path, err := exec.LookPath(filepath.Join(folder, program)); err == nil {
				return resolved(path), true
			}
		}
	}
	return "", false
}

func (b Backend) candidates() []string {
	var folders []string
	for _, pattern := range b.Folders {
		found, _ := filepath.Glob(pattern) // the patterns are constants and well formed
		slices.SortFunc(found, newestFirst)
		folders = append(folders, found...)
	}
	return folders
}

// newestFirst puts .../15/bin before .../9.6/bin.
func newestFirst(a, b string) int {
	return cmp.Compare(version(b), version(a))
}

var number = regexp.MustCompile(`[0-9]+(\.[0-9]+)?`)

// version is the last number in a folder's path; 0 without one.
func version(path string) float64 {
	numbers := number.FindAllString(path, -1)
	if len(numbers) == 0 {
		return 0
	}
	v, _ := strconv.ParseFloat(numbers[len(numbers)-1], 64) // the pattern matches only numbers
	return v
}

func resolved(path string) string {
	if file, err := filepath.EvalSymlinks(path); err == nil {
		return file
	}
	return path
}

// Need gives the backend's program, or ends the test: with a failure where the
// backend is required, otherwise as skipped and counted.
func (b Backend) Need(t testing.TB) string {
	t.Helper()
	if path, ok := b.find(); ok {
		return path
	}
	if b.required(os.Getenv(requireVar)) {
		t.Fatalf("%s requires %s, and it is not installed: none of %s in PATH%s; install it with: %s",
			requireVar, b.Name, strings.Join(b.Programs, ", "), b.alsoSearched(), b.Install)
	}
	absent.note(b)
	neverCache()
	t.Skipf("%s is not installed; install it with: %s", b.Name, b.Install)
	return ""
}

func (b Backend) required(list string) bool {
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name == b.Name || name == "all" {
			return true
		}
	}
	return false
}

func (b Backend) alsoSearched() string {
	if len(b.Folders) == 0 {
		return ""
	}
	return " or " + strings.Join(b.Folders, ", ")
}

// absent is what this test binary looked for in vain.
var absent ledger

// ledger counts the skipped tests of each missing backend.
type ledger struct {
	mu      sync.Mutex
	skipped map[string]int
	install map[string]string
}

func (l *ledger) note(b Backend) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.skipped == nil {
		l.skipped, l.install = map[string]int{}, map[string]string{}
	}
	l.skipped[b.Name]++
	l.install[b.Name] = b.Install
}

// report is one line per missing backend, in the order of their names; empty
// when nothing was missing.
func (l *ledger) report(where string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines []string
	for name, n := range l.skipped {
		lines = append(lines, fmt.Sprintf("backend missing: %s (%s, tests skipped: %d); install with: %s\n",
			name, where, n, l.install[name]))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

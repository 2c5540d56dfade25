package testenv

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func connect(t testing.TB, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func run(t testing.TB, dsn, statement string) {
	t.Helper()
	if _, err := connect(t, dsn).Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func count(t testing.TB, dsn, query string) (n int) {
	t.Helper()
	if err := connect(t, dsn).QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

const tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"

func TestPostgresGivesEveryTestItsOwnEmptyDatabase(t *testing.T) {
	for n := range 4 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			dsn := Postgres(t)
			if n := count(t, dsn, tables); n != 0 {
				t.Fatalf("%d tables in a new database", n)
			}
			run(t, dsn, "CREATE TABLE mine (id int)")
		})
	}
}

func TestPostgresDropsTheDatabaseEvenWhenItIsInUse(t *testing.T) {
	watcher := Postgres(t)
	var name string
	t.Run("user", func(t *testing.T) {
		conn, err := pgx.Connect(t.Context(), Postgres(t))
		if err != nil {
			t.Fatal(err)
		}
		name = conn.Config().Database // and the connection stays open
	})
	if n := count(t, watcher, "SELECT count(*) FROM pg_database WHERE datname = '"+name+"'"); n != 0 {
		t.Errorf("%s is still there after its test", name)
	}
}

func TestClusterComesBackAfterStopAndKill(t *testing.T) {
	c := NewCluster(t, WithFsync(), WithSetting("work_mem", "7MB"))
	dsn := c.Database(t)
	var fsync, memory string
	if err := connect(t, dsn).QueryRow(t.Context(),
		"SELECT current_setting('fsync'), current_setting('work_mem')").Scan(&fsync, &memory); err != nil {
		t.Fatal(err)
	}
	if fsync != "on" || memory != "7MB" {
		t.Errorf("fsync %q, work_mem %q", fsync, memory)
	}
	run(t, dsn, "CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)")
	for name, end := range map[string]func(testing.TB){"stop": c.Stop, "kill": c.Kill} {
		end(t)
		if conn, err := pgx.Connect(t.Context(), dsn); err == nil {
			_ = conn.Close(t.Context())
			t.Fatalf("the server answers after %s", name)
		}
		c.Start(t)
		if n := count(t, dsn, "SELECT count(*) FROM kept"); n != 1 {
			t.Errorf("%d rows after %s, want 1", n, name)
		}
	}
}

func TestAServerThatCannotStartSaysWhy(t *testing.T) {
	_, err := newCluster(filepath.Dir(postgres.Need(t)), WithSetting("work_mem", "a lot"))
	if err == nil || !strings.Contains(err.Error(), `invalid value for parameter "work_mem"`) {
		t.Errorf("got %v", err)
	}
}

const victimVar = "CAMPAIGND_TESTENV_VICTIM"

// TestKilledBinary is the program that the next test kills: it says which
// server it has started and waits.
func TestKilledBinary(t *testing.T) {
	if os.Getenv(victimVar) == "" {
		return
	}
	Postgres(t)
	fmt.Printf("\nserver %d %s\n", shared.cluster.server.cmd.Process.Pid, shared.cluster.dir)
	time.Sleep(time.Minute)
}

func TestNoServerSurvivesAKilledBinary(t *testing.T) {
	postgres.Need(t)
	victim := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledBinary$")
	victim.Env = append(os.Environ(), victimVar+"=1")
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	var server int
	var dir string
	for lines := bufio.NewScanner(out); server == 0 && lines.Scan(); {
		_, _ = fmt.Sscanf(lines.Text(), "server %d %s", &server, &dir) // other lines do not match
	}
	if server == 0 || !alive(server) {
		t.Fatalf("the victim started no server (pid %d)", server)
	}
	processes := append(children(server), server)
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait() // killed, as it should be
	for _, pid := range processes {
		awaitEnd(t, pid)
	}
	sweep(os.TempDir())
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", dir, err)
	}
}

func awaitEnd(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); alive(pid) && !zombie(pid); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("process %d outlives the test binary that started it", pid)
		}
	}
}

// zombie tells a process that has ended but was not yet buried by init, of
// which some containers have none that does.
func zombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(stat), ") Z ")
}

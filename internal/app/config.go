package app

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/billing"
	"github.com/hexabuilders/campaignd/internal/sqlstore"
	"github.com/hexabuilders/campaignd/targeting/reach"
)

// Config is everything that can be set. The tags are what the command line,
// the environment (CAMPAIGND_...) and the configuration file call it.
type Config struct {
	Addr      string        `default:"127.0.0.1:8080" help:"Where the API and the dashboard are served; port 0 picks a free one."`
	OpsAddr   string        `default:"127.0.0.1:8081" help:"Where /healthz, /readyz and /metrics are served."`
	Data      string        `type:"path" placeholder:"DIR" help:"Folder of the embedded store: ./data, or a temporary one for the demo."`
	Database  string        `placeholder:"URL" help:"PostgreSQL to use in place of the embedded store, as postgres://user@host/name."`
	DBConns   int           `default:"16" name:"database-connections" help:"Most connections to PostgreSQL."`
	AdminKey  string        `placeholder:"KEY" help:"The admin key, at least 32 characters; without one a key is made and shown once."`
	LogLevel  slog.Level    `default:"INFO" help:"DEBUG, INFO, WARN or ERROR."`
	Grace     time.Duration `default:"10s" help:"How long a stop waits for requests under way."`
	MaxBody   int64         `default:"33554432" help:"Largest request body in bytes; streams (NDJSON, CSV) are not bound by it."`
	PublicURL string        `placeholder:"URL" help:"How people reach the dashboard, when not at addr; https makes its cookies secure."`

	ReachDefaults string `type:"existingfile" placeholder:"FILE" help:"Shares for reach estimates in place of the product's own, as JSON; see docs/guide.md."`

	ReachProvider        string        `placeholder:"URL" help:"A service that is asked for shares before the defaults, as https://data.example.com/shares; docs/operations.md has the protocol."`
	ReachProviderToken   string        `placeholder:"SECRET" help:"Its bearer token."`
	ReachProviderTimeout time.Duration `default:"2s" help:"How long it may take to answer; the defaults stand in then."`

	PanelMaxRows int64 `default:"5000000" help:"Most rows of one panel."`
	PanelMemory  int64 `default:"536870912" help:"Bytes of panels' indexes that are kept in memory; those used last stay."`

	WebhooksPrivate bool `name:"webhooks-private" help:"Let webhooks go to http and to addresses of private networks: for development, or receivers in your own network."`

	JournalChart string `placeholder:"ACCOUNTS" help:"What journals call the accounts cash, payable, funds and credit, as cash=1000 Cash from partners; funds=2100 Balances."`

	KeepMinutes time.Duration `default:"24h" help:"How long sums by minute are kept; older minutes are summed up from the events when asked for."`
	KeepHours   time.Duration `default:"9600h" help:"How long sums by hour are kept; older hours are summed up from the events. Days and events are kept for ever."`
	KeepUpdates time.Duration `default:"48h" help:"How long the event log keeps the figures of performance.metrics_updated; the events stay, so that the log has no gap."`

	InfluxURL       string `placeholder:"URL" help:"InfluxDB to mirror the sums by minute, hour and day into, as http://host:8086; none without one."`
	InfluxDatabase  string `default:"campaignd" help:"Its database; on 2.x and 3.x the one that a DBRP mapping leads to a bucket."`
	InfluxRetention string `placeholder:"NAME" help:"Its retention policy, which must keep points for ever; the default one without."`
	InfluxUser      string `placeholder:"NAME" help:"Who writes to a 1.x with authentication."`
	InfluxPassword  string `placeholder:"SECRET" help:"The user's password."`
	InfluxToken     string `placeholder:"SECRET" help:"A token of 2.x or 3.x, in place of user and password."`

	SignIn `embed:""`

	PaymentConfig `embed:""`

	BrokerConfig `embed:""`

	AdPlatforms `embed:""`

	Clock func() time.Time `kong:"-"` // for tests; nil is the system's
}

// storeURL is where the store lives: PostgreSQL when one is named.
func (c Config) storeURL() string {
	switch {
	case c.Database != "":
		return c.Database
	case c.Data != "":
		return c.Data
	}
	return "data"
}

// keep is how long what is derived is kept.
func (c Config) keep() sqlstore.Keep {
	return sqlstore.Keep{
		Minutes: cmp.Or(c.KeepMinutes, sqlstore.Usual.Minutes), Hours: cmp.Or(c.KeepHours, sqlstore.Usual.Hours),
		Updates: cmp.Or(c.KeepUpdates, sqlstore.Usual.Updates),
	}
}

// node names this process among the holders of leases.
func node() string {
	host, err := os.Hostname()
	if err != nil {
		host = "node"
	}
	return host + ":" + time.Now().UTC().Format("150405.000000")
}

// Validate reports what is not valid beyond the types of the settings.
func (c Config) Validate() error {
	switch {
	case c.Database != "" && !strings.HasPrefix(c.Database, "postgres://") && !strings.HasPrefix(c.Database, "postgresql://"):
		return fmt.Errorf("database: %q is not the URL of a PostgreSQL; it looks like postgres://user@host/name", redacted(c.Database))
	case c.InfluxURL != "" && !strings.HasPrefix(c.InfluxURL, "http://") && !strings.HasPrefix(c.InfluxURL, "https://"):
		return fmt.Errorf("influx-url: %q is not the URL of an InfluxDB; it looks like http://host:8086", redacted(c.InfluxURL))
	case c.InfluxURL != "" && c.InfluxDatabase == "":
		return errors.New("influx-database: the mirror needs a database; the usual is campaignd")
	case c.ReachProvider != "" && !strings.HasPrefix(c.ReachProvider, "http://") && !strings.HasPrefix(c.ReachProvider, "https://"):
		return fmt.Errorf("reach-provider: %q is not the URL of a data provider; it looks like https://data.example.com/shares", redacted(c.ReachProvider))
	case c.Grace <= 0:
		return fmt.Errorf("grace: %s leaves requests no time to end; the usual is 10s", c.Grace)
	case c.keep().Minutes < 2*time.Hour || c.keep().Hours < 48*time.Hour || c.keep().Updates < time.Hour:
		return fmt.Errorf("keep-minutes, keep-hours and keep-updates: %s, %s and %s; at least 2h, 48h and 1h are needed", c.KeepMinutes, c.KeepHours, c.KeepUpdates)
	case c.SignIn.check() != nil:
		return c.SignIn.check()
	case c.PaymentConfig.check() != nil:
		return c.PaymentConfig.check()
	case c.brokerError() != nil:
		return fmt.Errorf("broker: %w", c.brokerError())
	case c.AdPlatforms.check() != nil:
		return c.AdPlatforms.check()
	case c.chartError() != nil:
		return fmt.Errorf("journal-chart: %w", c.chartError())
	case c.MaxBody < 1<<16:
		return fmt.Errorf("max-body: %d bytes are too few for a request; at least 65536", c.MaxBody)
	}
	return nil
}

// reachDefaults are the operator's own shares, or the product's.
func (c Config) reachDefaults() (reach.Defaults, error) {
	if c.ReachDefaults == "" {
		return reach.Standard(), nil
	}
	text, err := os.ReadFile(c.ReachDefaults)
	if err != nil {
		return reach.Defaults{}, err
	}
	return reach.ReadDefaults(text)
}

func (c Config) chartError() error {
	_, err := billing.ParseChart(c.JournalChart)
	return err
}

// redacted is a URL without its password.
func redacted(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "..."
	}
	return u.Redacted()
}

func (c Config) clock() func() time.Time {
	if c.Clock != nil {
		return c.Clock
	}
	return time.Now
}

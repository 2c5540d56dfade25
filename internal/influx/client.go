package influx

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Config says where InfluxDB is and who asks.
type Config struct {
	URL       string // such as http://127.0.0.1:8086
	Database  string // on 2.x and 3.x the name that is mapped to a bucket
	Retention string // the retention policy; empty is the default one
	User      string // with Password, or
	Password  string
	Token     string // of 2.x and 3.x; wins over User
}

const (
	timeout   = 5 * time.Second // of a request, below the time that a lease lives
	maxAnswer = 256 << 20       // bytes of an answer
)

// Client speaks to one database. It is safe for concurrent use.
type Client struct {
	cfg  Config
	http *http.Client
}

// NewClient connects to nothing yet.
func NewClient(cfg Config) *Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 8
	return &Client{cfg: cfg, http: &http.Client{Transport: transport, Timeout: timeout}}
}

// Refused is an answer of InfluxDB that is not a success.
type Refused struct {
	Status int // 0 when the statement failed and the request did not
	Text   string
}

func (r *Refused) Error() string {
	if r.Status == 0 {
		return "influx: " + r.Text
	}
	return fmt.Sprintf("influx: status %d: %s", r.Status, r.Text)
}

// Write sends lines with times in microseconds. When it fails, any of them may
// have been written; sending them again is safe.
func (c *Client) Write(ctx context.Context, lines []byte) error {
	var body bytes.Buffer
	packed := gzip.NewWriter(&body)
	if _, err := packed.Write(lines); err != nil {
		return err
	}
	if err := packed.Close(); err != nil {
		return err
	}
	query := url.Values{"db": {c.cfg.Database}, "precision": {"u"}}
	if c.cfg.Retention != "" {
		query.Set("rp", c.cfg.Retention)
	}
	header := http.Header{"Content-Encoding": {"gzip"}, "Content-Type": {"text/plain; charset=utf-8"}}
	_, err := c.do(ctx, "/write?"+query.Encode(), header, &body)
	return err
}

// rows is one series of an answer: numbers are left as they were written, for a
// float64 would lose the last digits of an int64.
type rows struct {
	Tags    map[string]string `json:"tags"`
	Columns []string          `json:"columns"`
	Values  [][]any           `json:"values"`
}

// Query runs statements, separated by semicolons, and returns the series of
// each.
func (c *Client) query(ctx context.Context, statements string) ([][]rows, error) {
	form := url.Values{"db": {c.cfg.Database}, "epoch": {"u"}, "q": {statements}}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	answer, err := c.do(ctx, "/query", header, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	return parseAnswer(answer)
}

var errPartial = errors.New("influx: the answer was cut short; raise max-row-limit")

func parseAnswer(answer []byte) ([][]rows, error) {
	var read struct {
		Results []struct {
			Series  []rows `json:"series"`
			Error   string `json:"error"`
			Partial bool   `json:"partial"`
		} `json:"results"`
		Error string `json:"error"`
	}
	d := json.NewDecoder(bytes.NewReader(answer))
	d.UseNumber()
	if err := d.Decode(&read); err != nil {
		return nil, fmt.Errorf("influx: the answer is not JSON: %w", err)
	}
	if read.Error != "" {
		return nil, &Refused{Text: read.Error}
	}
	out := make([][]rows, len(read.Results))
	for i, r := range read.Results {
		if r.Error != "" {
			return nil, &Refused{Text: r.Error}
		}
		if r.Partial {
			return nil, errPartial
		}
		out[i] = r.Series
	}
	return out, nil
}

func (c *Client) do(ctx context.Context, path string, header http.Header, body io.Reader) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(c.cfg.URL, "/")+path, body)
	if err != nil {
		return nil, err
	}
	request.Header = header
	switch {
	case c.cfg.Token != "":
		header.Set("Authorization", "Token "+c.cfg.Token)
	case c.cfg.User != "":
		request.SetBasicAuth(c.cfg.User, c.cfg.Password)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("influx: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("influx: read the answer: %w", err)
	case response.StatusCode/100 != 2:
		return nil, &Refused{response.StatusCode, strings.TrimSpace(string(answer[:min(len(answer), 500)]))}
	case len(answer) > maxAnswer:
		return nil, errPartial
	}
	return answer, nil
}

// errForgets means that points would be deleted while the mirror says that they
// are there.
var errForgets = errors.New("influx: the retention policy deletes points; give one whose duration is 0 (for ever)")

// Prepare makes the database where that is possible, and checks that it keeps
// what it is given. 2.x and 3.x make their databases otherwise and refuse; what
// is missing then shows at the first write.
func (c *Client) Prepare(ctx context.Context) error {
	var refused *Refused
	_, err := c.query(ctx, "CREATE DATABASE "+quoteName(c.cfg.Database))
	if err != nil && !errors.As(err, &refused) {
		return err
	}
	results, err := c.query(ctx, "SHOW RETENTION POLICIES ON "+quoteName(c.cfg.Database))
	if err != nil {
		return fmt.Errorf("the retention policy cannot be read: %w", err)
	}
	for _, r := range results {
		for _, s := range r {
			if found, err := s.keepsForEver(c.cfg.Retention); found {
				return err
			}
		}
	}
	return fmt.Errorf("influx: database %q has no retention policy %q", c.cfg.Database, c.cfg.Retention)
}

// keepsForEver looks at the policy of a name, or at the default one.
func (r *rows) keepsForEver(name string) (found bool, err error) {
	for _, v := range r.Values {
		row := map[string]any{}
		for i, column := range r.Columns {
			if i < len(v) {
				row[column] = v[i]
			}
		}
		if row["name"] != name && (name != "" || row["default"] != true) {
			continue
		}
		if d := row["duration"]; d != "0s" && d != "0" {
			return true, fmt.Errorf("%w: %v keeps points for %v", errForgets, row["name"], d)
		}
		return true, nil
	}
	return false, nil
}

var nameQuoter = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func quoteName(name string) string { return `"` + nameQuoter.Replace(name) + `"` }

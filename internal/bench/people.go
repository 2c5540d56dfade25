package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Crowd says what to measure audiences with.
type Crowd struct {
	Members    int  // of the first audience
	Audiences  int  // compared at the end, 2 to 10: the first, and some of a tenth of its members
	Attributes bool // a telephone number, a city and an age too, and not only an email address
	Progress   io.Writer
}

// Crowded is what was found.
type Crowded struct {
	Members    int           `json:"members"`
	Rows       float64       `json:"rows_per_second"`       // from the first byte sent until the members are in
	Received   float64       `json:"received_per_second"`   // of the stream alone
	CPU        float64       `json:"cpu_us_per_row"`        // of the program
	Idle       float64       `json:"memory_idle_mib"`       // before anything was sent
	Early      float64       `json:"memory_at_tenth_mib"`   // most held until a tenth of the rows was received
	Peak       float64       `json:"memory_peak_mib"`       // most held until the members were in
	People     int64         `json:"people"`                // in any of the audiences
	PerPerson  float64       `json:"bytes_per_person"`      // on disk; 0 where the store is not in a folder
	Overlaps   []OverlapTime `json:"overlaps"`              // through HTTP
	Plain      PlainPeople   `json:"plain"`                 // a row for each identifier
	TimesPlain float64       `json:"times_plain,omitempty"` // rows a second / those of the baseline
}

// OverlapTime is how long one answer took.
type OverlapTime struct {
	Audiences int     `json:"audiences"`
	Union     int64   `json:"union"`
	Millis    float64 `json:"ms"`
}

// Gather uploads audiences to a program through HTTP, and asks what they share.
func Gather(ctx context.Context, p *Program, c Crowd) (Crowded, error) {
	key, err := p.Key(ctx)
	if err != nil {
		return Crowded{}, err
	}
	g := gathering{client: newClient(p.URL, key, 4), program: p, crowd: c}
	g.client.http.Timeout = 0 // an upload takes as long as it takes
	r := Crowded{Members: c.Members, Idle: p.PeakMemory()}
	used, start := cpuTime(p.PID()), time.Now()
	first, err := g.upload(ctx, crowd{count: c.Members, full: c.Attributes, who: func(n int) int { return n }}, func(at progress) {
		if at.Rows*10 <= int64(c.Members) || r.Early == 0 {
			r.Early = p.PeakMemory()
		}
		if at.Stage == "receiving" {
			r.Received = float64(at.Rows) / time.Since(start).Seconds()
		}
	})
	if err != nil {
		return r, err
	}
	r.Rows = float64(c.Members) / time.Since(start).Seconds()
	r.CPU = float64((cpuTime(p.PID()) - used).Microseconds()) / float64(c.Members)
	r.Peak = p.PeakMemory()
	ids := []string{first}
	for i := 1; i < c.Audiences; i++ {
		id, err := g.upload(ctx, another(i, c), nil)
		if err != nil {
			return r, err
		}
		ids = append(ids, id)
	}
	for n := 2; n <= len(ids); n++ {
		asked, err := g.overlap(ctx, ids[:n])
		if err != nil {
			return r, err
		}
		r.Overlaps, r.People = append(r.Overlaps, asked), asked.Union
	}
	return r, nil
}

// another is a list of a tenth of the members. Half of them are scattered over
// the first, so that its set is no plain range; the others are new, and every
// tenth of them is in no earlier list.
func another(i int, c Crowd) crowd {
	count := max(c.Members/10, 2)
	known := count / 2
	return crowd{count: count, full: c.Attributes, who: func(n int) int {
		if n < known {
			return n*(c.Members/known) + i%(c.Members/known)
		}
		return c.Members + (i-1)*(count-known)/10 + n - known
	}}
}

type gathering struct {
	client  *client
	program *Program
	crowd   Crowd
}

// progress is an audience as the API shows it while an upload is on its way.
type progress struct {
	State         string
	Size          int64
	Stage         string
	Rows, Applied int64
}

// upload sends a list, follows it as any client can, and returns the
// audience's id once the members are in.
func (g gathering) upload(ctx context.Context, people crowd, watch func(progress)) (string, error) {
	answer, err := g.client.post(ctx, "/audiences", []byte(`{"name":"Bench","minimum_size":1}`))
	if err != nil {
		return "", err
	}
	var made struct{ ID string }
	if err := json.Unmarshal(answer, &made); err != nil {
		return "", err
	}
	sent := make(chan error, 1)
	go func() { sent <- g.send(ctx, made.ID, people) }()
	every := time.NewTicker(500 * time.Millisecond)
	defer every.Stop()
	for whole := false; ; {
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case err := <-sent:
			if err != nil {
				return "", err
			}
			whole, sent = true, nil
		case <-every.C:
		}
		at, err := g.look(ctx, made.ID)
		if err != nil {
			return "", err
		}
		if watch != nil {
			watch(at)
			_, _ = fmt.Fprintf(g.crowd.Progress, "\r%-10s %11d rows received, %11d taken in, %5.0f MiB at most", at.Stage, at.Rows, at.Applied, g.program.PeakMemory())
		}
		if whole && at.State != "processing" {
			if watch != nil {
				_, _ = fmt.Fprintln(g.crowd.Progress)
			}
			return made.ID, people.complete(at)
		}
	}
}

func (g gathering) send(ctx context.Context, id string, people crowd) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.client.base+"/api/v1/audiences/"+id+"/members", &people)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "text/csv")
	_, err = g.client.do(request)
	return err
}

func (g gathering) look(ctx context.Context, id string) (progress, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, g.client.base+"/api/v1/audiences/"+id, http.NoBody)
	if err != nil {
		return progress{}, err
	}
	answer, err := g.client.do(request)
	if err != nil {
		return progress{}, err
	}
	var at struct {
		State  string
		Size   int64
		Upload struct {
			Stage         string
			Rows, Applied int64
		}
	}
	err = json.Unmarshal(answer, &at)
	return progress{at.State, at.Size, at.Upload.Stage, at.Upload.Rows, at.Upload.Applied}, err
}

func (g gathering) overlap(ctx context.Context, ids []string) (OverlapTime, error) {
	body, err := json.Marshal(map[string]any{"audiences": ids})
	if err != nil {
		return OverlapTime{}, err
	}
	start := time.Now()
	answer, err := g.client.post(ctx, "/audiences/overlap", body)
	took := time.Since(start)
	var shared struct{ Union int64 }
	if err == nil {
		err = json.Unmarshal(answer, &shared)
	}
	return OverlapTime{Audiences: len(ids), Union: shared.Union, Millis: float64(took.Microseconds()) / 1000}, err
}

// crowd is a CSV file of made-up people, made as it is read, so that its length
// takes no memory here.
type crowd struct {
	count  int
	who    func(n int) int // each somebody else
	full   bool
	begun  bool
	next   int
	line   []byte // of the buffer, what is not read yet
	buffer []byte
}

// Read implements io.Reader.
func (c *crowd) Read(into []byte) (n int, err error) {
	for n < len(into) {
		if len(c.line) == 0 && !c.write() {
			break
		}
		k := copy(into[n:], c.line)
		c.line, n = c.line[k:], n+k
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// write makes the next line; false at the end.
func (c *crowd) write() bool {
	b := c.buffer[:0]
	switch {
	case !c.begun && c.full:
		b = append(b, "email,phone,city,age\n"...)
	case !c.begun:
		b = append(b, "email\n"...)
	case c.next == c.count:
		return false
	default:
		person := c.who(c.next)
		b = fmt.Appendf(b, "person.%d@example.com", person)
		if c.full {
			b = fmt.Appendf(b, ",+573%09d,%s,%d", person, cities[person%len(cities)], 18+person%60)
		}
		b = append(b, '\n')
		c.next++
	}
	c.begun, c.buffer, c.line = true, b, b
	return true
}

var cities = []string{"Lima", "Quito", "Cali"}

// complete holds what is in the audience against what was sent.
func (c *crowd) complete(at progress) error {
	if want := int64(c.count); at.Size != want {
		return fmt.Errorf("the audience has %d people and not %d", at.Size, want)
	}
	return nil
}

// onDisk is nothing where the store is not in a folder.
func onDisk(perPerson float64) string {
	if perPerson == 0 {
		return strings.Repeat(" ", len("     0 B a person on disk"))
	}
	return fmt.Sprintf("%6.0f B a person on disk", perPerson)
}

func (r Crowded) String() string {
	var b strings.Builder
	stream := ""
	if r.Received > 0 { // a short one is over before it is looked at
		stream = fmt.Sprintf("; the stream alone %.0f rows/s", r.Received)
	}
	fmt.Fprintf(&b, "%-34s %9.0f rows/s   %6.1f µs CPU each   %s   (%d members%s)\n", "upload through HTTP", r.Rows, r.CPU, onDisk(r.PerPerson), r.Members, stream)
	fmt.Fprintf(&b, "%-34s %9.0f MiB at most; %.0f before the upload, %.0f until a tenth was received\n", "memory of the program", r.Peak, r.Idle, r.Early)
	fmt.Fprintf(&b, "%-34s %9.0f rows/s   %19s %s   (%d members)\n", "a row for each identifier", r.Plain.Rows, "", onDisk(r.Plain.PerPerson), r.Plain.Members)
	if r.TimesPlain > 0 {
		fmt.Fprintf(&b, "%-34s %9.2f times a row for each identifier\n", "", r.TimesPlain)
	}
	for _, o := range r.Overlaps {
		fmt.Fprintf(&b, "%-34s %9.1f ms        (%d people in any)\n", fmt.Sprintf("overlap of %d audiences", o.Audiences), o.Millis, o.Union)
	}
	fmt.Fprintf(&b, "%-34s %9.1f ms        (%d and %d people)\n", "two of the rows, by a join", r.Plain.JoinMillis, r.Plain.Members, r.Plain.Other)
	return b.String()
}

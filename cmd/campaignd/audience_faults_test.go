package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// list is a CSV file of people, of whom each is named by their number.
func list(header string, from, to int, more string) string {
	var b strings.Builder
	b.WriteString(header + "\n")
	for i := from; i < to; i++ {
		_, _ = fmt.Fprintf(&b, "person%d@example.com%s\n", i, more)
	}
	return b.String()
}

func (c caller) list(name string) (path string) {
	c.t.Helper()
	return fmt.Sprint("/audiences/", c.must("POST", "/audiences", map[string]any{"name": name, "minimum_size": 1})["id"])
}

// upload is the audience's last one.
func (c caller) upload(path string) map[string]any {
	c.t.Helper()
	last, _ := c.must("GET", path, nil)["upload"].(map[string]any)
	return last
}

// applied sends members and waits until they are in.
func (c caller) applied(path, members string) (size float64) {
	c.t.Helper()
	c.must("POST", path+"/members", members, "Content-Type", "text/csv")
	eventually(c.t, "the members are in", func() bool { return c.upload(path)["stage"] == "applied" })
	size, _ = c.must("GET", path, nil)["size"].(float64)
	return size
}

// An upload whose sender dies in the midst leaves nothing, and the same file
// sent again is in as a whole, once.
func TestAnUploadThatIsCutStartsOver(t *testing.T) {
	p := start(t, t.TempDir())
	_, manager := p.partner()
	path := manager.list("Customers")
	if size := manager.applied(path, list("email", 0, 10, "")); size != 10 {
		t.Fatalf("%v people", size)
	}
	whole := list("email", 0, 40_000, "") // more than two parts, which are kept as they come
	body, sender := io.Pipe()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/api/v1"+path+"/members", body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+manager.key)
	request.Header.Set("Content-Type", "text/csv")
	answered := make(chan error, 1)
	go func() {
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			_ = response.Body.Close()
		}
		answered <- err
	}()
	if _, err := io.WriteString(sender, whole[:len(whole)*9/10]); err != nil {
		t.Fatal(err)
	}
	eventually(t, "parts are kept", func() bool { return manager.upload(path)["rows"].(float64) >= 16_384 })
	if got := manager.must("GET", path, nil); got["state"] != "processing" || got["size"] != 10.0 {
		t.Errorf("in the midst: %v", got)
	}
	_ = sender.CloseWithError(io.ErrUnexpectedEOF)
	if err := <-answered; err == nil {
		t.Error("a request that was cut was answered")
	}
	eventually(t, "what was cut is dropped", func() bool { return manager.upload(path)["stage"] == "dropped" })
	if got := manager.must("GET", path, nil); got["state"] != "ready" || got["size"] != 10.0 {
		t.Errorf("after the cut: %v", got)
	}
	for range 2 {
		if size := manager.applied(path, whole); size != 40_000 {
			t.Errorf("%v people of the whole file", size)
		}
	}
}

// A program that is killed while an upload comes in, or while it is taken in,
// has either all of it afterwards or nothing; and takes the file when it is sent
// again.
func TestAKillInTheMidstOfAnUpload(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir)
	_, manager := p.partner()
	const people = 60_000
	whole := list("email,city", 0, people, ",Lima")
	path := manager.list("Customers")
	body, sender := io.Pipe()
	go func() {
		_, _ = io.WriteString(sender, whole[:len(whole)/2])
		// The rest never comes: the program is killed.
	}()
	go func() { _, _, _ = manager.stream(path+"/members", body) }()
	eventually(t, "parts are kept", func() bool { rows, _ := manager.upload(path)["rows"].(float64); return rows >= 16_384 })
	p.kill()

	p = start(t, dir)
	manager = p.as(manager.key)
	if got := manager.must("GET", path, nil); got["size"] != 0.0 {
		t.Fatalf("half of a file is in: %v", got)
	}
	// Sealed files are taken in whatever happens: the kill comes as soon as one is.
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		_, _, _ = manager.stream(path+"/members", strings.NewReader(whole))
	}()
	eventually(t, "the file is whole", func() bool {
		at := manager.upload(path)
		return at["stage"] == "applying" || at["stage"] == "applied"
	})
	p.kill()
	<-sent

	p = start(t, dir)
	manager = p.as(manager.key)
	eventually(t, "the upload is taken in", func() bool { return manager.upload(path)["stage"] == "applied" })
	if got := manager.must("GET", path, nil); got["size"] != float64(people) {
		t.Errorf("%v", got)
	}
	if size := manager.applied(path, whole); size != people {
		t.Errorf("%v people after the file was sent again", size)
	}
}

// stream sends members in pieces, as they come.
func (c caller) stream(path string, body io.Reader) (int, []byte, error) {
	request, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.url+"/api/v1"+path, body)
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Authorization", "Bearer "+c.key)
	request.Header.Set("Content-Type", "text/csv")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

// ones is a line that does not end.
type ones struct{ left, sent atomic.Int64 }

func (o *ones) Read(p []byte) (int, error) {
	n := min(int64(len(p)), o.left.Load())
	if n == 0 {
		return 0, io.EOF
	}
	for i := range p[:n] {
		p[i] = '1'
	}
	o.left.Add(-n)
	o.sent.Add(n)
	return int(n), nil
}

func TestAGigabyteOfOneLine(t *testing.T) {
	p := start(t, t.TempDir())
	_, manager := p.partner()
	path := manager.list("Customers")
	for name, head := range map[string]string{"CSV": "email\na@example.com\n", "a header": "", "JSON": `{"email":"`} {
		line := &ones{}
		line.left.Store(1 << 30)
		// The program answers before it has all of it, and drops a part of the rest,
		// 64 MiB, for senders that do not listen yet; then nobody listens any more.
		status, answer, err := manager.stream(path+"/members", io.MultiReader(strings.NewReader(head), line))
		if err == nil && (status != http.StatusRequestEntityTooLarge || !strings.Contains(string(answer), "line_too_long")) {
			t.Errorf("%s: %d %s", name, status, answer)
		}
		if sent := line.sent.Load(); sent > 80<<20 {
			t.Errorf("%s: %d bytes were taken", name, sent)
		}
	}
	eventually(t, "nothing is on its way", func() bool { return manager.must("GET", path, nil)["state"] == "too_small" })
	if size := manager.applied(path, list("email", 0, 3, "")); size != 3 {
		t.Errorf("%v people afterwards", size)
	}
}

// People are erased while segments are evaluated again and again: nobody is back
// in one, at any moment after the answer to their erasure.
func TestMembersAreErasedWhileASegmentIsEvaluated(t *testing.T) {
	p := start(t, t.TempDir())
	_, manager := p.partner()
	base := manager.list("Customers")
	const people, each, rounds = 6000, 100, 12
	manager.applied(base, list("email,city", 0, people, ",Lima"))
	made := manager.must("POST", "/segments", map[string]any{"name": "In Lima", "rule": map[string]any{"attribute": "city", "in": []string{"Lima"}}})
	if made["size"] != float64(people) {
		t.Fatalf("%v", made)
	}
	segment := fmt.Sprint(made["id"])
	var done atomic.Bool
	var evaluating sync.WaitGroup
	evaluating.Go(func() {
		for turn := 0; !done.Load(); turn++ {
			// The rules mean the same, and a change of the rule reads everybody anew.
			rule := fmt.Sprintf(`{"rule":{"attribute":"city","in":["Lima","Nowhere %d"]}}`, turn%7)
			if status, answer, err := manager.try("PATCH", "/segments/"+segment, rule, "If-Match", "*"); err != nil || status != http.StatusOK {
				t.Errorf("%d %v %s", status, err, answer)
				return
			}
		}
	})
	for round := range rounds {
		var gone []map[string]string
		for i := range each {
			gone = append(gone, map[string]string{"email": fmt.Sprintf("person%d@example.com", round*each+i)})
		}
		if found := manager.must("POST", "/audiences/erase", map[string]any{"people": gone}); found["people"] != float64(each) {
			t.Errorf("%v were erased", found["people"])
		}
		left := float64(people - (round+1)*each)
		shared := manager.must("POST", "/audiences/overlap", map[string]any{"audiences": []string{strings.TrimPrefix(base, "/audiences/"), segment}})
		if shared["union"] != left {
			t.Errorf("round %d: %v people in the audience or the segment, of %v", round, shared["union"], left)
		}
	}
	done.Store(true)
	evaluating.Wait()
	left := float64(people - rounds*each)
	if got := manager.must("GET", "/audiences/"+segment, nil); got["size"] != left {
		t.Errorf("at the end: %v, not %v", got["size"], left)
	}
}

package contract

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const document = `{"openapi":"3.1.0","info":{"title":"t","version":"1"},"servers":[{"url":"/api/v1"}],"paths":{"/things":{"post":{
	"requestBody":{"content":{"application/json":{"schema":{"type":"object","required":["name"],"properties":{"name":{"type":"string"}}}}}},
	"responses":{"200":{"description":"OK","content":{"application/json":{"schema":{"type":"object","required":["id"],"properties":{"id":{"type":"integer"}}}}}}}}}}}`

// noted collects what a guard finds.
type noted struct {
	*testing.T
	found []string
}

func (n *noted) Errorf(format string, args ...any) {
	n.found = append(n.found, fmt.Sprintf(format, args...))
}

func TestGuardFindsEveryBreach(t *testing.T) {
	for name, c := range map[string]struct {
		path, request, answer string
		status                int
		want                  string // part of the one breach; "" for none
	}{
		"kept":               {"/api/v1/things", `{"name":"A"}`, `{"id":1}`, 200, ""},
		"wrong answer":       {"/api/v1/things", `{"name":"A"}`, `{"id":"1"}`, 200, "the answer is not what the contract promises"},
		"missing member":     {"/api/v1/things", `{"name":"A"}`, `{}`, 200, "the answer is not what the contract promises"},
		"undeclared status":  {"/api/v1/things", `{"name":"A"}`, `{"id":1}`, 202, "the answer is not what the contract promises"},
		"accepted by error":  {"/api/v1/things", `{"nmae":"A"}`, `{"id":1}`, 200, "the accepted request is not what the contract asks for"},
		"outside the API":    {"/docs", `x`, `y`, 200, ""},
		"no such route":      {"/api/v1/other", ``, `{"code":"no_such_route","code2":1}`, 404, ""},
		"undeclared, served": {"/api/v1/other", `{}`, `{}`, 404, "the answer is not what the contract promises"},
	} {
		n := &noted{T: t}
		guard := New(n, []byte(document), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.answer)
		}))
		request := httptest.NewRequest(http.MethodPost, c.path, strings.NewReader(c.request))
		request.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		guard.ServeHTTP(answer, request)
		if answer.Code != c.status || answer.Body.String() != c.answer {
			t.Errorf("%s: the answer became %d %s", name, answer.Code, answer.Body)
		}
		if c.want == "" && len(n.found) > 0 || c.want != "" && (len(n.found) != 1 || !strings.Contains(n.found[0], c.want)) {
			t.Errorf("%s: found %q, want %q", name, n.found, c.want)
		}
	}
}

package httpapi

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hexabuilders/campaignd/fault"
)

//go:embed docs.html
var docsText string

var docsPage = template.Must(template.New("docs").Parse(docsText))

// docsOperation is one operation as the page shows it.
type docsOperation struct {
	*huma.Operation
	Body    string // the request's schema, as JSON
	Answers []docsAnswer
}

type docsAnswer struct{ Status, Description, Schema string }

// docsGroup is the operations under one first path segment.
type docsGroup struct {
	Name       string
	Operations []docsOperation
}

// serveDocs is the contract for people: every operation with its parameters and
// schemas, and every error with what to do about it, in one page that needs no
// script.
func (s *Server) serveDocs(w http.ResponseWriter, r *http.Request) {
	var page bytes.Buffer
	err := docsPage.Execute(&page, map[string]any{
		"Info": s.api.OpenAPI().Info, "Base": Base, "Groups": s.docsGroups(),
		"Errors": fault.Catalogue(), "Statuses": statuses,
	})
	if err != nil {
		WriteProblem(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'")
	_, _ = w.Write(page.Bytes())
}

func (s *Server) docsGroups() []docsGroup {
	byName := map[string]*docsGroup{}
	var groups []*docsGroup
	paths := s.api.OpenAPI().Paths
	names := make([]string, 0, len(paths))
	for path := range paths {
		names = append(names, path)
	}
	slices.Sort(names)
	for _, path := range names {
		name := strings.Split(strings.TrimPrefix(path, "/"), "/")[0]
		group := byName[name]
		if group == nil {
			group = &docsGroup{Name: name}
			byName[name], groups = group, append(groups, group)
		}
		item := paths[path]
		for _, op := range []*huma.Operation{item.Post, item.Get, item.Put, item.Patch, item.Delete} {
			if op != nil {
				group.Operations = append(group.Operations, s.docsOperation(op))
			}
		}
	}
	out := make([]docsGroup, len(groups))
	for i, g := range groups {
		out[i] = *g
	}
	return out
}

func (s *Server) docsOperation(op *huma.Operation) docsOperation {
	d := docsOperation{Operation: op}
	if op.RequestBody != nil {
		d.Body = s.schemaOf(op.RequestBody.Content)
	}
	for status, response := range op.Responses {
		if status < "300" {
			d.Answers = append(d.Answers, docsAnswer{status, response.Description, s.schemaOf(response.Content)})
		}
	}
	slices.SortFunc(d.Answers, func(a, b docsAnswer) int { return cmp.Compare(a.Status, b.Status) })
	return d
}

// schemaOf is the schema of a body, with the reference of its top followed.
func (s *Server) schemaOf(content map[string]*huma.MediaType) string {
	media := content["application/json"]
	if media == nil || media.Schema == nil {
		return ""
	}
	schema := media.Schema
	if schema.Ref != "" {
		schema = s.api.OpenAPI().Components.Schemas.SchemaFromRef(schema.Ref)
	}
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		return ""
	}
	return strings.ReplaceAll(string(text), "#/components/schemas/", "")
}

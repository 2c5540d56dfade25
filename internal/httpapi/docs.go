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
		"Info": s.api.OpenAPI().Info, "Base": Base, "Groups": s.docsGroups(), "Types": s.docsTypes(),
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

// docsOrder is how a newcomer meets the parts; others follow by name.
var docsOrder = []string{"partners", "campaigns", "metrics", "budgets", "alerts", "alert-rules", "imports", "events"}

func (s *Server) docsGroups() []docsGroup {
	byName := map[string]*docsGroup{}
	paths := s.api.OpenAPI().Paths
	for _, path := range names(paths) {
		name := strings.Split(path, "/")[1]
		if byName[name] == nil {
			byName[name] = &docsGroup{Name: name}
		}
		item := paths[path]
		for _, op := range []*huma.Operation{item.Post, item.Get, item.Put, item.Patch, item.Delete} {
			if op != nil {
				byName[name].Operations = append(byName[name].Operations, s.docsOperation(op))
			}
		}
	}
	var groups []docsGroup
	for _, name := range slices.Concat(docsOrder, names(byName)) {
		if group := byName[name]; group != nil {
			groups = append(groups, *group)
			delete(byName, name)
		}
	}
	return groups
}

// docsType is a type that schemas refer to by name.
type docsType struct{ Name, Schema string }

func (s *Server) docsTypes() []docsType {
	schemas := s.api.OpenAPI().Components.Schemas.Map()
	types := make([]docsType, 0, len(schemas))
	for _, name := range names(schemas) {
		types = append(types, docsType{name, schemaText(schemas[name])})
	}
	return types
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
	return schemaText(schema)
}

func schemaText(schema *huma.Schema) string {
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		return ""
	}
	return strings.ReplaceAll(string(text), "#/components/schemas/", "")
}

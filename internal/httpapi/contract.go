package httpapi

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// version is the contract's, not the program's: it changes when a client has
// to.
const version = "1.0.0"

// config is the contract without its operations.
func config() huma.Config {
	adoptFramework()
	c := huma.DefaultConfig("HexaBuilders Campaign Management", version)
	c.CreateHooks = nil // no $schema members in answers
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.RejectUnknownQueryParameters = true
	c.Formats = map[string]huma.Format{"application/json": strictJSON, "json": strictJSON}
	c.Servers = []*huma.Server{{URL: Base, Description: "This service"}}
	c.Info.Description = about
	c.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	c.Components.Schemas = newSchemas()
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key":   {Type: "http", Scheme: "bearer", Description: "An API key (cmk_...), issued by POST /partners/{id}/keys."},
		"token": {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "A signed JSON Web Token of an OpenID Connect issuer that the operator has configured; its claims give the partner and the role."},
	}
	c.Security = []map[string][]string{{"key": {}}, {"token": {}}}
	return c
}

const about = `Create, run and measure advertising campaigns.

Money is a decimal string with an ISO 4217 currency, times are RFC 3339 in UTC, and ranges are half-open.

Everything belongs to a partner, which the credential names; another partner's thing answers as a missing one. An administrator's key belongs to no partner, and names one with partner_id where one is needed.

Every POST takes Idempotency-Key: the same key and body within 24 hours get the first answer again. Every write takes validate_only=true, which checks everything and changes nothing.

What can change has a revision, which reads give as ETag. PUT and PATCH need it in If-Match: 428 without it, 412 when the thing has changed since. Actions such as launch or pause take If-Match but do not need it: stopping a campaign must never wait for a second read.`

func (s *Server) serveJSON(w http.ResponseWriter, r *http.Request) {
	serveContract(w, r, "application/openapi+json", s.api.OpenAPI().MarshalJSON)
}

func (s *Server) serveYAML(w http.ResponseWriter, r *http.Request) {
	serveContract(w, r, "application/openapi+yaml", s.api.OpenAPI().YAML)
}

func serveContract(w http.ResponseWriter, r *http.Request, mediaType string, text func() ([]byte, error)) {
	body, err := text()
	if err != nil {
		WriteProblem(w, r, err)
		return
	}
	w.Header().Set("Content-Type", mediaType)
	_, _ = w.Write(body)
}

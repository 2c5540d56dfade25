package httpapi

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"github.com/hexabuilders/campaignd/fault"
)

// Options is what the API needs beside the services.
type Options struct {
	Version     string
	MaxBody     int64 // bytes of a request that is not streamed
	Auth        Authenticator
	Idempotency Idempotency
}

// Base is the path that every operation lies under.
const Base = "/api/v1"

// Server is the REST API as an http.Handler.
type Server struct {
	Services
	opts   Options
	router *chi.Mux
	api    huma.API
}

// New builds the API over the services.
func New(services Services, opts Options) *Server {
	s := &Server{Services: services, opts: opts, router: chi.NewMux()}
	s.router.NotFound(func(w http.ResponseWriter, r *http.Request) { writeProblem(w, r, errNoRoute) })
	s.router.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) { writeProblem(w, r, errNoMethod) })
	s.router.Route(Base, func(r chi.Router) {
		r.Use(authenticated(opts.Auth), idempotent(opts.Idempotency, opts.MaxBody))
		s.api = humachi.New(r, config(opts.Version))
		s.register()
	})
	s.router.Get("/openapi.json", s.serveJSON)
	s.router.Get("/openapi.yaml", s.serveYAML)
	return s
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler().ServeHTTP(w, r) }

func (s *Server) handler() http.Handler { return withRequestID(logged(recovered(s.router))) }

// OpenAPI is the contract as it is served.
func (s *Server) OpenAPI() *huma.OpenAPI { return s.api.OpenAPI() }

var (
	errNoRoute  = fault.New(fault.NotFound, "no_such_route", "There is nothing at this path.", "See /docs for every operation.")
	errNoMethod = fault.New(fault.Malformed, "method_not_allowed", "This path does not take this method.", "See /docs for the methods it takes.")
)

func config(version string) huma.Config {
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		err := humaProblem(status, msg, errs...)
		if p, ok := err.(*Problem); ok && ctx != nil {
			p.Instance = requestID(ctx.Context())
			for name, values := range p.GetHeaders() {
				ctx.SetHeader(name, values[0])
			}
		}
		return err
	}
	huma.NewError = humaProblem
	c := huma.DefaultConfig("HexaBuilders Campaign Management", version)
	c.CreateHooks = nil // no $schema members in answers
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.RejectUnknownQueryParameters = true
	c.Formats = map[string]huma.Format{"application/json": strictJSON, "json": strictJSON}
	c.Servers = []*huma.Server{{URL: Base, Description: "This service"}}
	c.Info.Description = "Create, run, measure and optimise advertising campaigns. Money is a decimal string with an ISO 4217 currency; times are RFC 3339 in UTC; ranges are half-open."
	c.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key": {Type: "http", Scheme: "bearer", Description: "An API key (cmk_...), issued by POST /partners/{id}/keys."},
	}
	c.Security = []map[string][]string{{"key": {}}}
	registerSchemas(c.Components.Schemas)
	return c
}

func (s *Server) serveJSON(w http.ResponseWriter, r *http.Request) {
	s.serveContract(w, r, "application/openapi+json", s.api.OpenAPI().MarshalJSON)
}

func (s *Server) serveYAML(w http.ResponseWriter, r *http.Request) {
	s.serveContract(w, r, "application/openapi+yaml", s.api.OpenAPI().YAML)
}

func (s *Server) serveContract(w http.ResponseWriter, r *http.Request, mediaType string, text func() ([]byte, error)) {
	body, err := text()
	if err != nil {
		writeProblem(w, r, err)
		return
	}
	w.Header().Set("Content-Type", mediaType)
	_, _ = w.Write(body)
}

package httpapi

import (
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"github.com/hexabuilders/campaignd/fault"
)

// Options is what the API needs beside the services.
type Options struct {
	Now         func() time.Time
	MaxBody     int64 // bytes of a request that is not streamed; 0 is 32 MiB
	Auth        Authenticator
	Idempotency Idempotency
}

// Base is the path that every operation lies under.
const Base = "/api/v1"

// Server is the REST API as an http.Handler.
type Server struct {
	Services
	opts    Options
	router  *chi.Mux
	api     huma.API
	handler http.Handler
}

// New builds the API over the services.
func New(services Services, opts Options) *Server {
	if opts.MaxBody == 0 {
		opts.MaxBody = 32 << 20
	}
	s := &Server{Services: services, opts: opts, router: chi.NewMux()}
	s.router.NotFound(func(w http.ResponseWriter, r *http.Request) { WriteProblem(w, r, errNoRoute) })
	s.router.MethodNotAllowed(s.refuseMethod)
	s.router.Route(Base, func(r chi.Router) {
		r.Post("/webhooks/{provider}", s.hearProvider) // proves itself by its signature
		r.Group(s.routes)
	})
	s.router.Get("/docs", s.serveDocs)
	s.router.Get("/openapi.json", s.serveJSON)
	s.router.Get("/openapi.yaml", s.serveYAML)
	s.router.Get("/asyncapi.yaml", serveAsync)
	s.handler = withRequestID(logged(recovered(s.router)))
	return s
}

func (s *Server) routes(r chi.Router) {
	r.Use(authenticated(s.opts.Auth), readable)
	r.Use(idempotent(s.opts.Idempotency, s.opts.MaxBody))
	s.api = humachi.New(r, config())
	s.register()
	r.Post("/metrics", s.ingest)
	r.Post("/imports", s.startImport)
	r.Post("/events", s.receiveEvent)
	r.Post("/audiences/{id}/members", s.addMembers)
	r.Post("/panels", s.loadPanel)
	s.describeIngest()
	s.describeImport()
	s.describeProviderWebhooks()
	s.describeReceiveEvent()
	s.describeMembers()
	s.describeLive()
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// OpenAPI is the contract as it is served.
func (s *Server) OpenAPI() *huma.OpenAPI { return s.api.OpenAPI() }

var (
	errNoRoute  = fault.New(fault.NotFound, "no_such_route", "There is nothing at this path.", "See /docs for every operation.")
	errNoMethod = fault.New(fault.Malformed, "method_not_allowed", "This path does not take this method.", "Use a method that the Allow header lists; /docs describes them.")
)

// refuseMethod is 405, the one status that no kind of fault stands for.
func (s *Server) refuseMethod(w http.ResponseWriter, r *http.Request) {
	var allow []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if s.router.Match(chi.NewRouteContext(), method, r.URL.Path) {
			allow = append(allow, method)
		}
	}
	w.Header().Set("Allow", strings.Join(allow, ", "))
	p := problem(r.Context(), errNoMethod)
	p.Status, p.Title = http.StatusMethodNotAllowed, http.StatusText(http.StatusMethodNotAllowed)
	WriteProblem(w, r, p)
}

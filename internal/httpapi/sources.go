package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
)

func (s *Server) registerSources() {
	read, write := partners.ActionRead, partners.ActionWriteCampaigns
	const at = "/partners/{id}/sources"
	route(s, operation(http.MethodGet, at, "list-sources", "The sources whose attribution window is declared", read, http.StatusOK), s.listSources)
	route(s, operation(http.MethodGet, at+"/{source}", "get-source", "What is declared of a source", read, http.StatusOK), s.getSource)
	put := operation(http.MethodPut, at+"/{source}", "declare-source", "Declare a source's attribution window", write, http.StatusOK)
	put.Description += " Conversions and revenue of sources with different windows are not added up. A source of which nothing is declared is not guessed: all such sources are one group of their own, which mixes with no declared window; a partner that declares nothing has one group. A declaration is whole, so If-Match is not needed."
	route(s, put, s.declareSource)
	route(s, operation(http.MethodDelete, at+"/{source}", "withdraw-source", "Withdraw what is declared of a source", write, http.StatusNoContent), s.withdrawSource)
}

// BySource names a source of a partner.
type BySource struct {
	ByID
	Source string `path:"source" minLength:"1" maxLength:"128" doc:"As events name it."`
}

// sourceBody is what is declared of a source.
type sourceBody struct {
	Source    string     `json:"source"`
	Window    windowBody `json:"attribution_window"`
	Revision  int64      `json:"revision"`
	UpdatedAt time.Time  `json:"updated_at"`
}

// windowBody is how long after a click or a view a conversion is counted.
type windowBody struct {
	ClickDays int `json:"click_days" minimum:"0" maximum:"90" doc:"Days after a click; 0 is not at all."`
	ViewDays  int `json:"view_days" minimum:"0" maximum:"90" doc:"Days after a view; 0 is not at all."`
}

// ownPartner is the partner of the path when the key may see it.
func (s *Server) ownPartner(ctx context.Context, id uuid.UUID) error {
	if !principal(ctx).Sees(id) {
		return partners.ErrNotFound
	}
	_, err := s.Partners.Get(ctx, id)
	return err
}

func describeSource(s performance.SourceState) sourceBody {
	return sourceBody{s.Name, windowBody(*s.Window), s.Revision, s.UpdatedAt}
}

func (s *Server) listSources(ctx context.Context, in *struct {
	ByID
	Page
	Projected
}) (*plain[list[partial[sourceBody]]], error) {
	if err := s.ownPartner(ctx, in.ID); err != nil {
		return nil, err
	}
	all, err := s.Sources.List(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return pageOf(s, all, in.Page, func(s performance.SourceState) string { return s.Name }, describeSource, in.Fields)
}

func (s *Server) getSource(ctx context.Context, in *BySource) (*found[sourceBody], error) {
	if err := s.ownPartner(ctx, in.ID); err != nil {
		return nil, err
	}
	source, err := s.Sources.Get(ctx, in.ID, in.Source)
	if err != nil {
		return nil, err
	}
	return &found[sourceBody]{etag(source.Revision), describeSource(source)}, nil
}

func (s *Server) declareSource(ctx context.Context, in *struct {
	BySource
	MayMatch
	Write
	Body struct {
		Window windowBody `json:"attribution_window"`
	}
}) (*found[sourceBody], error) {
	source, err := s.declare(ctx, in.BySource, in.MayMatch, (*performance.AttributionWindow)(&in.Body.Window), in.ValidateOnly)
	if err != nil {
		return nil, err
	}
	return &found[sourceBody]{etag(source.Revision), describeSource(source)}, nil
}

func (s *Server) withdrawSource(ctx context.Context, in *struct {
	BySource
	MayMatch
	Write
}) (*struct{}, error) {
	_, err := s.declare(ctx, in.BySource, in.MayMatch, nil, in.ValidateOnly)
	return nil, err
}

func (s *Server) declare(ctx context.Context, in BySource, match MayMatch, window *performance.AttributionWindow, validateOnly bool) (performance.SourceState, error) {
	if err := s.ownPartner(ctx, in.ID); err != nil {
		return performance.SourceState{}, err
	}
	revision, err := match.revision()
	if err != nil {
		return performance.SourceState{}, err
	}
	author := by(ctx)
	author.Partner = in.ID
	return s.Sources.Declare(ctx, author, performance.Declaration{
		Partner: in.ID, Source: in.Source, Revision: revision, Window: window, ValidateOnly: validateOnly,
	})
}

package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/cluster"
	"github.com/hexabuilders/campaignd/targeting/study"
)

func (s *Server) registerStudies() {
	read, write := partners.ActionRead, partners.ActionWriteCampaigns
	like := operation(http.MethodPost, "/audiences/{id}/lookalike", "create-lookalike", "Make an audience of the people who are most like the members of this one", write, http.StatusCreated)
	like.Description += " A model learns from attributes and behaviour what sets the members apart from the partner's other people, and the most alike of these make the new audience. " +
		"It is computed in the background: the answer waits up to 10 seconds for it, and says then how far it is. Fewer than 100 members are refused."
	route(s, like, s.createLookalike)
	route(s, operation(http.MethodGet, "/audiences/{id}/lookalike", "get-lookalike", "The model of a lookalike audience: how good it is, what it rests on, how far it is", read, http.StatusOK), s.getLookalike)
	divide := operation(http.MethodPost, "/clusters", "create-clusters", "Find groups of people who are alike in what they do and are", write, http.StatusCreated)
	divide.Description += " How many clusters there are is chosen by a stated criterion. They are computed in the background: the answer waits up to 10 seconds, and says then how far they are."
	route(s, divide, s.createClusters)
	route(s, operation(http.MethodGet, "/clusters", "list-clusters", "List clusterings, the newest first", read, http.StatusOK), s.listClusters)
	route(s, operation(http.MethodGet, "/clusters/{id}", "get-clusters", "Read a clustering: its clusters, what sets each apart, and how many were tried", read, http.StatusOK), s.getClusters)
	route(s, operation(http.MethodDelete, "/clusters/{id}", "delete-clusters", "Forget a clustering; audiences made of it stay", write, http.StatusNoContent), s.deleteClusters)
	route(s, operation(http.MethodPost, "/clusters/{id}/audiences", "adopt-cluster", "Make an audience of the people who are in a cluster now", write, http.StatusCreated), s.adoptCluster)
}

// answerWithin is how long a request waits for what is computed.
const answerWithin = 10 * time.Second

type newLookalike struct {
	Ratio      float64    `json:"ratio" doc:"How many of the other people are taken: 1 to 20 percent, or a fraction of 0.01 to 0.20." example:"5"`
	Name       string     `json:"name,omitempty" maxLength:"120"`
	Attributes []string   `json:"attributes,omitempty" maxItems:"200" doc:"What to learn from, besides behaviour; all that is known unless given."`
	PanelID    *uuid.UUID `json:"panel_id,omitempty" format:"uuid" doc:"Refused: the seed is compared with the partner's people in other audiences. A model that compared it with a panel would learn which file a row is from, and a panel names nobody who could be a member."`
}

// percent reads a ratio that is a fraction below 1.
func (n newLookalike) percent() float64 {
	if n.Ratio > 0 && n.Ratio < 1 {
		return 100 * n.Ratio
	}
	return n.Ratio
}

// Audience is an audience inside another answer; huma sees exported members
// only.
type Audience = audienceBody

// lookalikeBody is a lookalike audience with its model.
type lookalikeBody struct {
	Audience
	SeedID uuid.UUID      `json:"seed_audience_id" format:"uuid"`
	Ratio  float64        `json:"ratio" doc:"In percent."`
	Status study.Status   `json:"model_status" enum:"queued,running,ready,failed"`
	Work   study.Progress `json:"progress"`
	Model  *study.Alike   `json:"model,omitempty" doc:"How good it is on people it had not seen, and what it rests on; once it is ready."`
	Error  *studyError    `json:"error,omitempty" doc:"Why it failed."`
}

type studyError struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Fix    string `json:"fix,omitempty"`
}

func describeLookalike(a audience.State, st study.State) lookalikeBody {
	return lookalikeBody{
		Audience: describeAudience(a), SeedID: st.Audience, Ratio: st.Order.Percent, Status: st.Status, Work: st.Progress,
		Model: st.Alike, Error: (*studyError)(st.Problem),
	}
}

func (s *Server) createLookalike(ctx context.Context, in *struct {
	ByID
	Write
	Retryable
	Body newLookalike
}) (*created[lookalikeBody], error) {
	st, made, err := s.Studies.LookLike(ctx, by(ctx), study.NewLookalike{
		ID: reservedID(ctx), Seed: in.ID, Name: in.Body.Name, Percent: in.Body.percent(), Attributes: in.Body.Attributes, Panel: in.Body.PanelID, ValidateOnly: in.ValidateOnly,
	})
	if err != nil {
		return nil, err
	}
	if !in.ValidateOnly {
		if st, err = s.Studies.Await(ctx, st.Partner, st.ID, study.Lookalike, answerWithin); err != nil {
			return nil, err
		}
		if made, err = s.Audiences.Get(ctx, st.Partner, st.ID); err != nil {
			return nil, err
		}
	}
	return &created[lookalikeBody]{Base + "/audiences/" + made.ID.String(), etag(made.Revision), describeLookalike(made, st)}, nil
}

func (s *Server) getLookalike(ctx context.Context, in *ByID) (*found[lookalikeBody], error) {
	a, err := s.Audiences.Get(ctx, principal(ctx).Partner, in.ID)
	if err != nil {
		return nil, err
	}
	st, err := s.Studies.Get(ctx, a.Partner, in.ID, study.Lookalike)
	if err != nil {
		return nil, audience.ErrNotFound.With("The audience is no lookalike.")
	}
	return &found[lookalikeBody]{etag(a.Revision), describeLookalike(a, st)}, nil
}

type newClusters struct {
	Name       string    `json:"name,omitempty" maxLength:"120"`
	AudienceID uuid.UUID `json:"audience_id,omitempty" format:"uuid" doc:"Whose members are divided; all of the partner's people unless given."`
	Attributes []string  `json:"attributes,omitempty" maxItems:"200" doc:"What to tell people apart by, besides behaviour; all that is known unless given."`
	Most       int       `json:"max_clusters,omitempty" minimum:"2" maximum:"12" default:"8"`
}

// clustersBody is a clustering.
type clustersBody struct {
	ID         uuid.UUID           `json:"id" format:"uuid"`
	PartnerID  uuid.UUID           `json:"partner_id" format:"uuid"`
	Revision   int64               `json:"revision" doc:"Always 1: what was computed does not change."`
	Name       string              `json:"name"`
	AudienceID *uuid.UUID          `json:"audience_id,omitempty" format:"uuid" doc:"Whose members were divided; absent: everybody."`
	Status     study.Status        `json:"status" enum:"queued,running,ready,failed"`
	Work       study.Progress      `json:"progress"`
	K          int                 `json:"k" doc:"How many clusters there are; 0 until it is ready."`
	People     int64               `json:"people"`
	Clusters   []cluster.Cluster   `json:"clusters" doc:"The largest first."`
	Candidates []cluster.Candidate `json:"candidates" doc:"Every number of clusters that was tried."`
	Criterion  string              `json:"criterion,omitempty" doc:"How their number was chosen."`
	Silhouette float64             `json:"silhouette" doc:"Of the clusters chosen."`
	ByChance   float64             `json:"silhouette_by_chance" doc:"Of the same columns shuffled, where there is nothing to find."`
	Structured bool                `json:"structured" doc:"false: the clusters are no clearer than by chance."`
	Stable     bool                `json:"stable" doc:"Every cluster is found again in resamples of the people."`
	Columns    []string            `json:"columns" doc:"What people were told apart by."`
	Error      *studyError         `json:"error,omitempty"`
	CreatedAt  time.Time           `json:"created_at"`
	FinishedAt *time.Time          `json:"finished_at,omitempty"`
}

func describeClusters(st study.State) clustersBody {
	b := clustersBody{
		ID: st.ID, PartnerID: st.Partner, Revision: 1, Name: st.Name, Status: st.Status, Work: st.Progress, CreatedAt: st.CreatedAt, FinishedAt: st.FinishedAt,
		Clusters: []cluster.Cluster{}, Candidates: []cluster.Candidate{}, Columns: []string{}, Error: (*studyError)(st.Problem),
	}
	if st.Audience != uuid.Nil {
		b.AudienceID = &st.Audience
	}
	if d := st.Division; d != nil {
		b.K, b.People, b.Clusters, b.Candidates, b.Criterion = len(d.Clusters), d.People, d.Clusters, d.Candidates, d.Criterion
		b.ByChance, b.Structured, b.Stable, b.Columns = d.ByChance, d.Structured, d.Stable, d.Columns
		for _, c := range d.Candidates {
			if c.Chosen {
				b.Silhouette = c.Silhouette
			}
		}
	}
	return b
}

func (s *Server) createClusters(ctx context.Context, in *struct {
	ForPartner
	Write
	Retryable
	Body newClusters
}) (*created[clustersBody], error) {
	author, err := byFor(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	st, err := s.Studies.Divide(ctx, author, study.NewClusters{
		ID: reservedID(ctx), Name: in.Body.Name, Audience: in.Body.AudienceID, Attributes: in.Body.Attributes, Most: in.Body.Most, ValidateOnly: in.ValidateOnly,
	})
	if err == nil && !in.ValidateOnly {
		st, err = s.Studies.Await(ctx, st.Partner, st.ID, study.Clusters, answerWithin)
	}
	if err != nil {
		return nil, err
	}
	return &created[clustersBody]{Base + "/clusters/" + st.ID.String(), etag(1), describeClusters(st)}, nil
}

func (s *Server) listClusters(ctx context.Context, in *struct {
	ForPartner
	Page
	Projected
}) (*plain[list[partial[clustersBody]]], error) {
	partner, err := scope(ctx, in.PartnerID)
	if err != nil {
		return nil, err
	}
	items, next, err := s.Studies.List(ctx, partner, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	return page(s, items, describeClusters, in.Fields, next)
}

func (s *Server) getClusters(ctx context.Context, in *ByID) (*found[clustersBody], error) {
	st, err := s.Studies.Get(ctx, principal(ctx).Partner, in.ID, study.Clusters)
	if err != nil {
		return nil, err
	}
	return &found[clustersBody]{etag(1), describeClusters(st)}, nil
}

func (s *Server) deleteClusters(ctx context.Context, in *struct {
	ByID
	Write
}) (*struct{}, error) {
	if in.ValidateOnly {
		_, err := s.Studies.Get(ctx, principal(ctx).Partner, in.ID, study.Clusters)
		return nil, err
	}
	return nil, s.Studies.Delete(ctx, principal(ctx).Partner, in.ID)
}

func (s *Server) adoptCluster(ctx context.Context, in *struct {
	ByID
	Write
	Retryable
	Body struct {
		Cluster int    `json:"cluster" minimum:"0" doc:"Its place in clusters, from 0."`
		Name    string `json:"name,omitempty" maxLength:"120" doc:"The cluster's suggested name unless given."`
	}
}) (*created[audienceBody], error) {
	made, err := s.Studies.Adopt(ctx, by(ctx), study.Adopt{
		ID: reservedID(ctx), Study: in.ID, Cluster: in.Body.Cluster, Name: in.Body.Name, ValidateOnly: in.ValidateOnly,
	})
	if err != nil {
		return nil, err
	}
	return &created[audienceBody]{Base + "/audiences/" + made.ID.String(), etag(made.Revision), describeAudience(made)}, nil
}

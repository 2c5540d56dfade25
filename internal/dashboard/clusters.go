package dashboard

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/cluster"
	"github.com/hexabuilders/campaignd/targeting/study"
)

// Studies is study.Service.
type Studies interface {
	LookLike(ctx context.Context, by event.Origin, in study.NewLookalike) (study.State, audience.State, error)
	Divide(ctx context.Context, by event.Origin, in study.NewClusters) (study.State, error)
	Adopt(ctx context.Context, by event.Origin, in study.Adopt) (audience.State, error)
	Get(ctx context.Context, partner, id uuid.UUID, kind study.Kind) (study.State, error)
	List(ctx context.Context, partner uuid.UUID, limit int, cursor string) ([]study.State, string, error)
	Delete(ctx context.Context, partner, id uuid.UUID) error
}

type clustersPage struct {
	Problem *problem
	Studies []studyCard
	Fields  []field
	May     bool
	Busy    bool // one is being computed: the page looks again by itself
}

// studyCard is one clustering.
type studyCard struct {
	ID, Name, State, Tone, Icon string
	Lead, Verdict, Criterion    string
	Busy, Failed                bool
	Changed                     time.Time
	Clusters                    []clusterRow
}

type clusterRow struct {
	At           int
	Name, Share  string
	People       int64
	Traits       []string
	ID, Audience string
}

// shownTraits is how many traits a cluster is told by.
const shownTraits = 3

// shownStudies is how many clusterings the page has, the newest first.
const shownStudies = 5

func (v *visit) clusters() error { return v.clustersWith(http.StatusOK, nil, nil) }

func (v *visit) clustersWith(status int, refused *problem, wrong *mistakes) error {
	found, _, err := v.d.Studies.List(v.r.Context(), v.scope(), shownStudies, "")
	if err != nil {
		return err
	}
	f := form{v.locale, func(string) []string { return nil }, wrong}
	name := f.input("cluster_name", "name").optional().whole()
	name.Max = 120
	p := clustersPage{Problem: refused, May: v.who.Can(partners.ActionWriteCampaigns), Fields: []field{name}}
	for _, s := range found {
		card := v.studyCard(s)
		p.Busy = p.Busy || card.Busy
		p.Studies = append(p.Studies, card)
	}
	return v.page(status, "clusters", v.locale.T("cluster.title"), "audiences", p)
}

func (v *visit) studyCard(s study.State) studyCard {
	l := v.locale
	c := studyCard{
		ID: s.ID.String(), Name: s.Name, State: l.T("study." + string(s.Status)), Tone: "quiet", Icon: "clock",
		Busy: !s.Over(), Changed: s.CreatedAt.In(v.now.Location()),
	}
	switch d := s.Division; {
	case s.Status == study.Failed:
		c.Tone, c.Icon, c.Failed, c.Lead = "bad", "CRITICAL", true, l.Or("refusal.", s.Problem.Code, s.Problem.Detail)
	case d != nil:
		c.Tone, c.Icon = "good", "ok"
		c.Lead = l.T("cluster.lead.of", "people", l.Count(d.People), "k", l.Count(int64(len(d.Clusters))), "tried", l.Count(int64(len(d.Candidates))))
		if c.Verdict = l.T("cluster.clear"); !d.Structured || !d.Stable {
			c.Tone, c.Icon, c.Verdict = "warn", "MEDIUM", l.T("cluster.unclear")
		}
		for _, tried := range d.Candidates {
			if tried.Chosen {
				c.Criterion = l.T("cluster.criterion", "silhouette", l.Fixed(shareOf(tried.Silhouette), 2), "chance", l.Fixed(shareOf(d.ByChance), 2), "stability", l.Percent(shareOf(tried.Stability), 0))
			}
		}
		for at, one := range d.Clusters {
			c.Clusters = append(c.Clusters, l.clusterRow(at, s.ID, one))
		}
	}
	return c
}

func (l *locale) clusterRow(at int, of uuid.UUID, c cluster.Cluster) clusterRow {
	row := clusterRow{At: at, ID: of.String(), Name: c.Name, People: int64(c.People), Share: l.Percent(shareOf(c.Share), 0)}
	for _, t := range c.Traits {
		here, all := l.number(t.Here), l.number(t.Everybody)
		if t.Word != "" {
			here, all = l.Percent(shareOf(t.Here), 0), l.Percent(shareOf(t.Everybody), 0)
		}
		if here == all || len(row.Traits) == shownTraits {
			continue // what looks the same on the page sets nobody apart there
		}
		row.Traits = append(row.Traits, l.T("cluster.trait."+t.Direction, "column", l.Or("attribute.", t.Column, t.Column), "word", t.Word, "here", here, "all", all))
	}
	return row
}

func (v *visit) findClusters() error {
	if err := v.who.Require(partners.ActionWriteCampaigns); err != nil {
		return err
	}
	_, err := v.d.Studies.Divide(v.r.Context(), v.by(), study.NewClusters{Name: v.r.PostFormValue("cluster_name")})
	return v.clustersDone(err, "/audiences/clusters", "clusters")
}

// clustersDone shows the page again with what was refused, or goes on.
func (v *visit) clustersDone(err error, to, what string) error {
	if err == nil {
		return v.done(to, what)
	}
	status, refused, wrong := v.refusal(err)
	if refused == nil {
		return err
	}
	return v.clustersWith(status, refused, wrong)
}

// actOnClusters makes an audience of one cluster, or forgets them all.
func (v *visit) actOnClusters() error {
	if err := v.who.Require(partners.ActionWriteCampaigns); err != nil {
		return err
	}
	id, err := uuid.Parse(v.r.PathValue("id"))
	if err != nil {
		return study.ErrNotFound
	}
	switch v.r.PathValue("action") {
	case "delete":
		return v.clustersDone(v.d.Studies.Delete(v.r.Context(), v.scope(), id), "/audiences/clusters", "clusters_delete")
	case "adopt":
		at, err := strconv.Atoi(v.r.PostFormValue("cluster"))
		if err != nil {
			at = -1
		}
		made, err := v.d.Studies.Adopt(v.r.Context(), v.by(), study.Adopt{Study: id, Cluster: at})
		return v.clustersDone(err, "/audiences/"+made.ID.String(), "cluster_adopt")
	}
	return errNoPage
}

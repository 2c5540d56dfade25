package study

import (
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/targeting/cluster"
	"github.com/hexabuilders/campaignd/targeting/lookalike"
)

// Kind is what is computed.
type Kind string

// The kinds.
const (
	Lookalike Kind = "lookalike"
	Clusters  Kind = "clusters"
)

// Status is where a study stands.
type Status string

// The states.
const (
	Queued  Status = "queued"
	Running Status = "running"
	Ready   Status = "ready"
	Failed  Status = "failed"
)

// State is a study as it is stored.
type State struct {
	ID       uuid.UUID    `json:"id"`
	Partner  uuid.UUID    `json:"partner"`
	Kind     Kind         `json:"kind"`
	Status   Status       `json:"status"`
	Attempt  int64        `json:"attempt"`
	By       event.Origin `json:"by"`
	Name     string       `json:"name"`
	Audience uuid.UUID    `json:"audience"` // the seed, or whose members are divided; uuid.Nil: everybody
	Order    Order        `json:"order"`
	Progress Progress     `json:"progress"`
	Alike    *Alike       `json:"alike,omitempty"`
	Division *Division    `json:"division,omitempty"`
	Problem  *Problem     `json:"problem,omitempty"`

	CreatedAt  time.Time  `json:"created_at"`
	FinishedAt *time.Time `json:"finished_at,omitempty"`
}

// Order is what was asked.
type Order struct {
	Percent    float64  `json:"percent,omitempty"`    // of a lookalike: 1 to 20 of the people
	Attributes []string `json:"attributes,omitempty"` // none: all that are known
	Most       int      `json:"most,omitempty"`       // clusters
	Seed       uint64   `json:"seed"`
}

// Progress is how far a study is.
type Progress struct {
	Stage string `json:"stage" enum:"waiting,reading,learning,scoring,keeping,done"`
	Done  int64  `json:"done" doc:"Of the stage's total: people while reading and scoring, numbers of clusters while learning."`
	Total int64  `json:"total"`
}

// Alike is what came of a lookalike.
type Alike struct {
	lookalike.Facts
	SeedSize int64   `json:"seed_size" doc:"Members of the seed audience."`
	Rest     int64   `json:"rest" doc:"People besides the seed: whom it was held against, and of whom the audience is chosen."`
	Percent  float64 `json:"ratio_percent" doc:"How many of the rest were taken, in percent."`
	Selected int64   `json:"selected" doc:"Of the rest, the most alike."`
	Cut      float64 `json:"lowest_chance" doc:"The calibrated chance of the last one taken, among people mixed as in training."`
	Note     string  `json:"note"`
}

// Division is what came of clustering.
type Division struct {
	People     int64               `json:"people" doc:"Who were divided."`
	Clusters   []cluster.Cluster   `json:"clusters" doc:"The largest first."`
	Candidates []cluster.Candidate `json:"candidates" doc:"Every number of clusters that was tried."`
	Criterion  string              `json:"criterion"`
	ByChance   float64             `json:"silhouette_by_chance" doc:"Of the same columns shuffled, where there is nothing to find."`
	Structured bool                `json:"structured" doc:"false: the clusters are no clearer than by chance."`
	Stable     bool                `json:"stable" doc:"Every cluster is found again in resamples of the people."`
	Columns    []string            `json:"columns" doc:"What people were told apart by."`
	Model      cluster.Model       `json:"model"`
}

// Problem is why a study failed.
type Problem struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Fix    string `json:"fix,omitempty"`
}

// Over reports whether nothing more will come.
func (s State) Over() bool { return s.Status == Ready || s.Status == Failed }

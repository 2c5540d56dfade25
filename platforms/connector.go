package platforms

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting"
)

// Credentials are what a platform wants to see. They never reach a log: as a
// log value they are a word.
type Credentials struct {
	Token string `json:"token"` // Meta: an access token; Google: a refresh token
	// Of Google only: the program that the refresh token was given to.
	ClientID       string `json:"client_id,omitempty"`
	ClientSecret   string `json:"client_secret,omitempty"`
	DeveloperToken string `json:"developer_token,omitempty"`
}

// LogValue implements slog.LogValuer.
func (Credentials) LogValue() slog.Value { return slog.StringValue("(secret)") }

// String hides what it holds from %v and %s.
func (Credentials) String() string { return "(secret)" }

// GoString hides what it holds from %#v.
func (Credentials) GoString() string { return "(secret)" }

// Access is an account with the means to use it.
type Access struct {
	External string
	Currency money.Currency
	Zone     *time.Location
	Settings Settings
	Secret   Credentials
}

// Description is an account as its platform describes it.
type Description struct {
	Name     string
	Currency money.Currency
	Timezone string
}

// Draft is what a campaign should be at a platform, in our own terms.
type Draft struct {
	Name, Description string
	Type              campaigns.Type
	Objective         campaigns.Objective
	Category          campaigns.Category
	Status            campaigns.Status
	Timezone          string
	Channels          []string
	Start, End        time.Time
	Budget            money.Money // this placement's part of the limit
	Daily             bool        // the budget is of each day, not of the whole flight
	Targeting         targeting.Configuration
	Creatives         []campaigns.Creative
	// Audiences are those of the targeting that are kept here, the excluded ones
	// included.
	Audiences []Audience
	// Missing are audiences that the targeting names and that were deleted: until
	// somebody changes the targeting, nobody can say whom the campaign is for.
	Missing []string
}

// Shared reports whether somebody has said how often each creative is to be shown.
func (d Draft) Shared() bool {
	return len(d.Creatives) > 1 && slices.ContainsFunc(d.Creatives, func(c campaigns.Creative) bool { return c.Share > 0 })
}

// ChannelOf is what the delivery of a creative's ad is filed under: the channel
// that the creative is for, or the campaign's only one. Its budget, its plan and
// its creatives are divided by these, whoever delivers it. usual is the platform's
// own word, which decides between several.
func (d Draft) ChannelOf(c campaigns.Creative, usual string) string {
	switch {
	case c.Channel != "":
		return c.Channel
	case len(d.Channels) == 1:
		return d.Channels[0]
	}
	return usual
}

// Runs reports whether the platform should deliver.
func (d Draft) Runs() bool { return d.Status == campaigns.Active }

// Want is an object that a campaign needs at a platform.
type Want struct {
	Key  string // names it within the placement: "campaign", "ad:Summit"
	Kind string // campaign, audience, ad_set, ad, ...
	Name string // of the creative or the audience that it is
	// Channel is what an ad's delivery is filed under; see Draft.ChannelOf.
	Channel string
	// Call numbers the call that creates it: objects of one number are created
	// together.
	Call  int
	Needs string // the key of what has to exist before; empty: nothing
}

// Outline is all that a campaign needs there, in the order of creation.
type Outline struct {
	Wants []Want
	// LeftOut are parts of the targeting that the platform has no word for and
	// that only widen whom the campaign reaches; what may never be widened, such
	// as an exclusion, is ErrUnfit.
	LeftOut []string
}

// Outcome is what became of one object of a creating call: its id there, or why
// it was refused.
type Outcome struct {
	External  string
	RequestID string
	Refused   *Failure
}

// Standing is how the platform treats an object.
type Standing struct {
	Delivery string   // its own word: ACTIVE, PENDING_REVIEW, ...
	Review   Review   //
	Reasons  []string // of a rejection, as the platform words them
}

// Review is the platform's judgement of an object.
type Review string

// The judgements. An object that nobody reviews has none.
const (
	InReview Review = "in_review"
	Approved Review = "approved"
	Rejected Review = "rejected"
)

// Row is what an ad delivered in one hour of its account, in all and as known
// now: the platform may state another sum of the same hour later.
type Row struct {
	Campaign, Ad string // the platform's ids
	Device       string
	Channel      string // the platform's word, for ads of which we have none (Object.Channel)
	Day          localday.Day
	Hour         int // of the account's day
	Currency     string
	Figures
}

// Figures are cumulative counts, and money in micros.
type Figures struct {
	Impressions, Clicks, Conversions int64
	Spend, Revenue                   int64
}

// BadRow is a row that cannot be taken, and why.
type BadRow struct {
	Row    string `json:"row"` // which, as the platform names it
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Page is a part of an answer about delivery.
type Page struct {
	Rows      []Row
	Bad       []BadRow
	RequestID string
}

// Connector is one platform's API. Every error it returns is a *Failure, but
// for ErrUnfit of Outline.
type Connector interface {
	Reader
	// Outline says which objects a campaign needs.
	Outline(a Access, d Draft) (Outline, error)
	// Create makes the objects of one call; existing are those made before, by
	// key. The answer has an outcome for each object that was wanted.
	Create(ctx context.Context, a Access, d Draft, call []Object, existing map[string]string) ([]Outcome, error)
	// Find looks for objects of a kind by their references; what is not there is
	// missing in the answer.
	Find(ctx context.Context, a Access, kind string, references []string) (map[string][]string, error)
	// Apply makes what exists as the draft has it, and stops what retired names.
	// It states all values and none relative to another, so that it can be
	// repeated.
	Apply(ctx context.Context, a Access, d Draft, existing map[string]string, retired []Object) error
	// Standing is how the platform treats objects, by their ids there.
	Standing(ctx context.Context, a Access, objects []Object) (map[string]Standing, error)
}

// Reader is the part of a Connector that changes nothing.
type Reader interface {
	// Describe is the account; it also proves the credentials.
	Describe(ctx context.Context, a Access) (Description, error)
	// Delivery calls visit with each page of rows of the days from and to, both
	// included, and stops at visit's error.
	Delivery(ctx context.Context, a Access, from, to localday.Day, visit func(Page) error) error
}

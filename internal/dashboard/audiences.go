package dashboard

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/targeting/audience"
	"github.com/hexabuilders/campaignd/targeting/identity"
)

// Audiences is audience.Service.
type Audiences interface {
	Create(ctx context.Context, by event.Origin, in audience.New) (audience.State, error)
	Get(ctx context.Context, partner, id uuid.UUID) (audience.State, error)
	Progress(ctx context.Context, partner, id uuid.UUID) (audience.Upload, bool, error)
	List(ctx context.Context, partner uuid.UUID, q audience.Query) ([]audience.State, string, error)
	All(ctx context.Context, partner uuid.UUID, kinds ...audience.Kind) ([]audience.State, error)
	Take(ctx context.Context, by event.Origin, id uuid.UUID, mediaType string, body io.Reader, o audience.TakeOptions) (audience.Upload, error)
	Delete(ctx context.Context, by event.Origin, id uuid.UUID, revision int64) error
	Members(ctx context.Context, partner, id uuid.UUID) (audience.State, *roaring.Bitmap, error)
	Attributes(ctx context.Context, partner uuid.UUID) ([]string, error)
	Erase(ctx context.Context, by event.Origin, people []identity.Person, validateOnly bool) (audience.Erasure, error)
}

type audiencesPage struct {
	Problem   *problem
	Audiences []audienceRow
	Next      string
	Fields    []field
	Erase     []field
	May       bool // change them
	Busy      bool // an upload is on its way in: the page looks again by itself
}

type audienceRow struct {
	ID, Name, Description, Kind, State, Tone, Icon, Life, Basis string
	Size, Minimum                                               int64
	Changed                                                     time.Time
	Revision                                                    int64
	Custom, OfSegment, Busy, Small                              bool
}

type audiencePage struct {
	audienceRow
	Problem  *problem
	May      bool
	Source   string
	Progress *uploadCard
	Alike    *lookalikeCard
	Differs  *differencesCard
	Ratios   []int // of a lookalike that may be made of it
}

// uploadCard is how far the last upload is.
type uploadCard struct {
	Stage, Tone, Icon                              string
	Rows, Accepted, Applied, Added, Rejected, Left int64
	Percent                                        int64
	Busy                                           bool
	Wrong                                          []audience.Rejection
	At                                             time.Time
}

func (v *visit) audiences() error { return v.audiencesWith(http.StatusOK, nil, nil) }

func (v *visit) audiencesWith(status int, refused *problem, wrong *mistakes) error {
	found, next, err := v.d.Audiences.List(v.r.Context(), v.scope(), audience.Query{Limit: pageSize, Cursor: v.r.URL.Query().Get("cursor")})
	if err != nil {
		return err
	}
	f := form{v.locale, func(name string) []string {
		if v.r.Method == http.MethodPost {
			return v.r.PostForm[name]
		}
		return map[string][]string{"audience_days": {"540"}, "audience_minimum": {"100"}, "audience_basis": {"consent"}}[name]
	}, wrong}
	name := f.input("audience_name", "name").whole()
	name.Max = 120
	p := audiencesPage{
		Problem: refused, May: v.who.Can(partners.ActionWriteCampaigns),
		Fields: []field{
			name,
			f.choose("audience_basis", "select", false, texts(audience.Bases), f.named("audience.basis."), "consent_basis").whole(),
			f.input("audience_days", "membership_days").number(),
			f.input("audience_minimum", "minimum_size").number(),
		},
		Erase: []field{
			f.input("erase_email", "people[0].email").kind("email").optional().whole(),
			f.input("erase_phone", "people[0].phone").kind("tel").optional(),
			f.input("erase_external", "people[0].external_id").optional(),
		},
	}
	for _, s := range found {
		row := v.audienceRow(s)
		p.Busy = p.Busy || row.Busy
		p.Audiences = append(p.Audiences, row)
	}
	if next != "" {
		p.Next = "?cursor=" + next
	}
	return v.page(status, "audiences", v.locale.T("audience.title"), "audiences", p)
}

func (v *visit) audienceRow(s audience.State) audienceRow {
	l := v.locale
	row := audienceRow{
		ID: s.ID.String(), Name: s.Name, Description: s.Description, Kind: l.T("audience.kind." + string(s.Kind)), State: l.T("audience.state." + string(s.Status)),
		Size: s.Size, Minimum: s.MinimumSize, Life: l.N("audience.days", s.MembershipDays), Basis: l.T("audience.basis." + string(s.Basis)),
		Changed: s.UpdatedAt.In(v.now.Location()), Revision: s.Revision, Custom: s.Kind == audience.Custom, OfSegment: s.Kind == audience.Segment,
		Busy: s.Status == audience.Processing, Small: s.Status == audience.TooSmall,
	}
	if s.Kind != audience.Custom {
		row.Basis = l.T("audience.basis.of_lists")
	}
	switch s.Status {
	case audience.Ready:
		row.Tone, row.Icon = "good", "ok"
	case audience.TooSmall:
		row.Tone, row.Icon = "warn", "MEDIUM"
	default:
		row.Tone, row.Icon = "quiet", "clock"
	}
	return row
}

// audienceOf is the audience that the address names.
func (v *visit) audienceOf() (audience.State, error) {
	id, err := uuid.Parse(v.r.PathValue("id"))
	if err != nil {
		return audience.State{}, audience.ErrNotFound
	}
	return v.d.Audiences.Get(v.r.Context(), v.scope(), id)
}

func (v *visit) audience() error { return v.audienceWith(http.StatusOK, nil) }

func (v *visit) audienceWith(status int, refused *problem) error {
	s, err := v.audienceOf()
	if err != nil {
		return err
	}
	p := audiencePage{audienceRow: v.audienceRow(s), Problem: refused, May: v.who.Can(partners.ActionWriteCampaigns)}
	if s.Source != nil {
		p.Source = s.Source.Detail
	}
	if p.Alike, err = v.lookalikeCard(s); err != nil {
		return err
	}
	p.Busy = p.Busy || p.Alike != nil && p.Alike.Busy
	if p.Differs, err = v.differences(s); err != nil {
		return err
	}
	if v.mayLookLike(s) {
		p.Ratios = ratios
	}
	u, ok, err := v.d.Audiences.Progress(v.r.Context(), v.scope(), s.ID)
	if err != nil {
		return err
	}
	if ok {
		p.Progress = v.uploadCard(u)
	}
	return v.page(status, "audience", s.Name, "audiences", p)
}

func (v *visit) uploadCard(u audience.Upload) *uploadCard {
	c := &uploadCard{
		Stage: v.locale.T("audience.stage." + string(u.Stage)), Tone: "quiet", Icon: "clock", Busy: true,
		Rows: u.Rows, Accepted: u.Accepted, Applied: u.Applied, Added: u.Added, Rejected: u.RejectedN, At: u.UpdatedAt.In(v.now.Location()),
		Wrong: u.Rejected, Left: u.RejectedN - int64(len(u.Rejected)),
	}
	if u.Stage == audience.Applying {
		c.Percent = share(u.Applied, u.Accepted) / 10_000
	}
	switch u.Stage {
	case audience.Applied:
		c.Tone, c.Icon, c.Busy = "good", "ok", false
	case audience.Dropped:
		c.Tone, c.Icon, c.Busy = "bad", "CRITICAL", false
	}
	return c
}

func (v *visit) createAudience() error {
	if err := v.who.Require(partners.ActionWriteCampaigns); err != nil {
		return err
	}
	days, daysErr := strconv.Atoi(strings.TrimSpace(v.r.PostFormValue("audience_days")))
	least, leastErr := strconv.ParseInt(strings.TrimSpace(v.r.PostFormValue("audience_minimum")), 10, 64)
	if daysErr != nil {
		days = -1
	}
	if leastErr != nil {
		least = 0
	}
	made, err := v.d.Audiences.Create(v.r.Context(), v.by(), audience.New{
		Name: v.r.PostFormValue("audience_name"), Basis: audience.Basis(v.r.PostFormValue("audience_basis")), MembershipDays: &days, MinimumSize: &least,
	})
	if err != nil {
		status, refused, wrong := v.refusal(err)
		if refused == nil {
			return err
		}
		return v.audiencesWith(status, refused, wrong)
	}
	return v.done("/audiences/"+made.ID.String(), "audience")
}

// uploadMembers takes the file of a form, for a browser without scripts: with
// them the file goes to the API, with its progress.
func (v *visit) uploadMembers() error {
	if err := v.who.Require(partners.ActionWriteCampaigns); err != nil {
		return err
	}
	s, err := v.audienceOf()
	if err != nil {
		return err
	}
	form, err := v.r.MultipartReader()
	if err != nil {
		return errNoPage
	}
	part, err := form.NextPart()
	if err != nil {
		return v.audienceWith(http.StatusUnprocessableEntity, &problem{Title: v.locale.T("audience.no_file")})
	}
	_, err = v.d.Audiences.Take(v.r.Context(), v.by(), s.ID, mediaOf(part), part, audience.TakeOptions{Patience: time.Second})
	if err != nil {
		if status, refused, wrong := v.refusal(err); refused != nil {
			refused.Rest = wrong.rest()
			return v.audienceWith(status, refused)
		}
		if e := fault.As(err); e != nil && (e.Kind == fault.Malformed || e.Kind == fault.TooLarge) {
			return v.audienceWith(http.StatusUnprocessableEntity, &problem{Title: v.locale.Or("refusal.", e.Code, e.Detail), Fix: e.Fix})
		}
		return err
	}
	return v.done("/audiences/"+s.ID.String(), "members")
}

// mediaOf is what a file is, by its name: browsers do not agree on types.
func mediaOf(part *multipart.Part) string {
	name := strings.ToLower(part.FileName())
	if strings.HasSuffix(name, ".ndjson") || strings.HasSuffix(name, ".jsonl") || strings.HasSuffix(name, ".json") {
		return "application/x-ndjson"
	}
	return "text/csv"
}

func (v *visit) deleteAudience() error {
	if err := v.who.Require(partners.ActionWriteCampaigns); err != nil {
		return err
	}
	s, err := v.audienceOf()
	if err != nil {
		return err
	}
	if err := v.d.Audiences.Delete(v.r.Context(), v.by(), s.ID, v.revision()); err != nil {
		status, refused, _ := v.refusal(err)
		if refused == nil {
			return err
		}
		return v.audienceWith(status, refused)
	}
	return v.done("/audiences", "audience_delete")
}

// erasePerson forgets somebody everywhere.
func (v *visit) erasePerson() error {
	if err := v.who.Require(partners.ActionWriteCampaigns); err != nil {
		return err
	}
	found, err := v.d.Audiences.Erase(v.r.Context(), v.by(), []identity.Person{{
		Email: v.r.PostFormValue("erase_email"), Phone: v.r.PostFormValue("erase_phone"), ExternalID: v.r.PostFormValue("erase_external"),
	}}, false)
	v.r.PostForm.Del("audience_name")
	if errors.Is(err, audience.ErrBusy) {
		return err
	}
	if err != nil {
		status, refused, wrong := v.refusal(err)
		if refused == nil {
			return err
		}
		return v.audiencesWith(status, refused, wrong)
	}
	if found.People == 0 {
		return v.done("/audiences", "erase_nobody")
	}
	return v.done("/audiences", "erase")
}

package dashboard

import "time"

// The view models: what each page shows, already decided. Templates only lay
// out and print.

type overviewPage struct {
	Partner    string
	Headline   string
	Live       string
	Partners   []partnerChoice // an admin's choice; empty for everybody else
	Attention  []attention
	Period     string
	Periods    []string
	Currency   string
	Currencies []string
	Comparison string
	Sums       string // of the period, as JSON: what live figures grow from
	Tiles      []tile
	table
}

type partnerChoice struct {
	ID, Name string
	Current  bool
}

// attention is something that is wrong or about to be, with what can be done.
type attention struct {
	Severity string
	Text     string
	Detail   string
	Campaign string
	Href     string
	At       time.Time
	Actions  []link
}

// link is an action beside a sentence: a page to go to, or a POST.
type link struct {
	Label, URL string
	Post       bool
}

// table is the list of campaigns.
type table struct {
	MayCreate bool // another campaign
	Columns   []column
	Rows      []row
}

type column struct {
	Label string
	End   bool // set at the end of its column, as numbers are
}

type row struct {
	ID, Name, Status, Type, Objective string
	Currency                          string
	Totals                            string // as JSON: what live figures start from
	Search                            string // lower-case text the filter looks in
	Spend, Limit                      figure
	LimitText                         string
	Daily                             bool // the limit is a day's
	Meter                             meter
	Pacing                            pace
	Cells                             []cell
}

type cell struct {
	figure
	Goal *goal
}

type campaignsPage struct {
	Live, Found, Query             string
	Status, Type, Objective, Order choice
	Filtered, Paged                bool
	Next                           string
	table
}

// choice is a select of the filters: what there is, and what was chosen of it.
type choice struct {
	All    []string
	Chosen string // "": none
}

// campaignHead is what the three tabs of a campaign share.
type campaignHead struct {
	ID, Name, Status, Type string
	Tab, Live, Zone        string
	Facts                  []string
	Actions                []action
	Revision               int64
}

// action is a button: allowed with what it will do, or not with why.
type action struct {
	Name, URL, Icon string
	Allowed         bool
	Why             string
	Primary, Danger bool
	Question        string
	Effects         []effect
	NeedsReason     bool
	Revision        int64
}

type effect struct {
	Icon, Text string
	Warn       bool
}

type notice struct {
	Tone, Icon, Text string
	Links            []link
}

type campaignPage struct {
	Head         campaignHead
	Problem      *problem
	Notices      []notice
	Tiles        []tile
	Currency     string
	Totals       string // as JSON: what live figures start from
	ChartMetrics []string
	ChartSteps   []string
	ChartStep    string
	ChartNote    string
	Alerts       []alertRow
	Unusual      unusualCard
	CanWatch     bool // make alert rules
	Readiness    *readiness
	Budget       budgetCard
	Goals        goalsCard
	Aim          string
	Creatives    []creative
}

type goalsCard struct {
	Goals      []*goal
	Score      string
	ScoreKnown bool
}

type creative struct{ Name, Format, Channel, URL string }

type readiness struct {
	Title  string
	Checks []check
}

type check struct {
	Label, Detail, Fix, Href string
	OK, Blocking             bool
}

type budgetCard struct {
	Campaign, Kind, Label, URL    string
	Limit, Settled, Available     figure
	Overdelivery, Reserved        figure
	Held                          []heldRow // open reservations, the newest
	Ledger                        string    // the campaign's lines in the ledger
	Over                          bool
	Scale                         string // what the whole bar stands for, as an amount
	FillWidth, LimitAt, OverWidth int64
	Tone                          string
	Marks                         []mark
	Pacing                        pace
	AutoPause, Editable, Open     bool
	Revision                      int64
	Entered                       string
	Error                         *fieldError
	Thresholds                    string // percentages, with commas
	MarksError                    *fieldError
	Unusual                       bool // the amount is to be confirmed
}

// mark is a threshold drawn on the budget bar.
type mark struct {
	Percent int
	At      int64
	Text    string
	Fired   bool
	Low     bool // written below the bar, where its neighbour is above
	Anchor  string
}

type fieldError struct{ ID, Text string }

type alertRow struct {
	ID, Severity, State, Text, Campaign, Href, By, Back string
	Evidence, Note                                      string
	Rule, RuleHref, Chart                               string
	At                                                  time.Time
	ResolvedAt                                          time.Time
	CanAcknowledge, CanResolve                          bool
}

type alertsPage struct {
	Live, Found, State, Severity, Kind, Next string
	States, Severities, Kinds                []string
	Rule, RuleName, AllRules                 string // of the one rule that is asked for
	Filtered                                 bool
	Alerts                                   []alertRow
}

// rulesPage is the list of alert rules, with what is worth adding.
type rulesPage struct {
	Live, Found, Next string
	CanWrite          bool
	Rules             []ruleRow
	Suggestions       []suggestion
}

type ruleRow struct {
	ID, Name, Severity, Status, Says, Terms, Note string
	LastFired                                     time.Time
	Enabled                                       bool
	Revision                                      int64
}

type suggestion struct{ Name, Title, Says, Why string }

// rulePage is the form of one rule.
type rulePage struct {
	ID, URL, Title, Enabled string
	NewID                   string // chosen before the first try, so that a second one finds the first
	Revision                int64
	Problem                 *problem
	Fields                  ruleFields
	Metrics                 map[string]metricFacts // what the script has to know, as JSON
	Preview                 *rulePreview
}

type ruleFields struct {
	Name, Metric, Operator, Value, Low, High, Currency, Window, Sample, LeastBad field
	Severity, Campaigns, Types, Channels, Cooldown, Recovery                     field
	Facts                                                                        metricFacts // of the chosen figure
	Outside                                                                      bool
}

type rulePreview struct {
	Headline, Campaigns string
	Firings             []firingRow
	Notes               []string
}

type firingRow struct {
	At                              time.Time
	Campaign, Href, Observed, Ended string
}

// explorePage is the answer to any question about a campaign's numbers.
type explorePage struct {
	Head                       campaignHead
	Form                       exploreForm
	Problem                    *problem
	Ranges, Steps, Bys, Sinces []string
	ZoneNote, Known, Mixed     string
	Chips                      []string // what makes the answer a historical one
	Heads, Columns             []string
	FirstColumns               []string // of days reported for the first time
	Rows                       []exploreRow
	Total                      []figure
	More                       string
	Curl, CSV                  string
	Restated                   restatedCard
}

type exploreRow struct {
	Names   []exploreName
	Figures []figure
}

type exploreName struct {
	Text, Key string // Key is what the column is sorted by, when it is not the text
	Soft      bool
}

type restatedCard struct {
	Note               string
	First              []firstReport // days that were reported late, and never before
	FirstNote          string
	Days               []restatedDay
	Newer, Older, Page string // pages of Days
	More               bool   // there are further days than the card has read
}

// firstReport is a day with what was reported of it.
type firstReport struct {
	Day     string
	Figures []figure
}

type restatedDay struct {
	Day     string
	Changes []restatedChange
	Causes  []restatedCause
}

type restatedChange struct {
	Metric        string
	Before, After figure
	Delta         string
}

type restatedCause struct {
	Text, Events, References, Sources string
	More                              bool
}

type historyPage struct {
	Head    campaignHead
	Entries []entry
	Next    string
}

type entry struct {
	At                 time.Time
	Title, Who, Detail string
	Changes            []change
}

type change struct{ Field, Before, After string }

// problem is a refusal shown on the page it belongs to.
type problem struct {
	Title, Fix string
	Rest       []string
	Changes    []change // what somebody else changed meanwhile
}

type problemPage struct {
	Status                        int
	Title, Text, Retry, Reference string
}

type signinPage struct{ Problem, Next string }

package dashboard

// field is one control of a form with what was entered and what is wrong.
type field struct {
	ID                               string // its own, where a name comes more than once
	Name, Label, Value, Hint, Error  string
	Type, Mode, Placeholder, Control string
	List                             string
	HintURL, HintLink                string // where the hint leads to
	Options                          []option
	Max                              int
	Many, Optional, Whole            bool
	Quiet                            bool // its whole step is optional, and says so
}

// ControlID is the control's id in the page.
func (c field) ControlID() string {
	if c.ID != "" {
		return c.ID
	}
	return c.Name
}

type option struct {
	Value, Label string
	Chosen       bool
}

// goalForm is the rows of targets; there is always an empty one to fill.
type goalForm struct {
	Rows  []goalRow
	Error string
}

type goalRow struct {
	Index         int
	Metrics       []option
	Target, Error string
}

type creativeForm struct{ Fields []field }

type step struct {
	Name      string
	Optional  bool
	Fields    []field
	Narrowing *narrowing
	Goals     *goalForm
	Creatives []creativeForm
}

type createPage struct {
	ID      string // chosen before the first try, so that a second one finds the first
	Problem *problem
	Steps   []step
}

// section is one part of a campaign's setup: what holds, and the form that
// changes it.
type section struct {
	Name, Sentence, Locked, Warning string
	URL, Edit, Save, Undo           string
	Now                             []creative
	Open                            bool
	Problem                         *problem
	Fields                          []field
	Narrowing                       *narrowing
	Goals                           *goalForm
	Creatives                       []creativeForm
	Revision                        int64
}

type setupPage struct {
	Responses *responsesCard // nil: nothing stands out
	Head      campaignHead
	Problem   *problem
	Sections  []section
	Readiness *readiness
	Platforms *placementsCard
	Reach     *reachCard
	Pairs     []pair
}

type pair struct{ Label, Value string }

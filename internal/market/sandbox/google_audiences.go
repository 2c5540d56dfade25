package sandbox

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

type (
	userList struct {
		ResourceName       string    `json:"resourceName,omitempty"`
		Name               string    `json:"name,omitempty"`
		Description        string    `json:"description,omitempty"`
		MembershipLifeSpan string    `json:"membershipLifeSpan,omitempty"`
		CRM                *crmBased `json:"crmBasedUserList,omitempty"`
	}
	crmBased struct {
		UploadKeyType  string `json:"uploadKeyType"`
		DataSourceType string `json:"dataSourceType"`
	}
	listInfo struct {
		UserList string `json:"userList"`
	}
	targetingSetting struct {
		Restrictions []struct {
			Dimension string `json:"targetingDimension"`
			BidOnly   bool   `json:"bidOnly"`
		} `json:"targetRestrictions"`
	}
	jobRequest struct {
		Job struct {
			Type     string `json:"type"`
			External string `json:"externalId"`
			Match    *struct {
				UserList string `json:"userList"`
				Consent  *struct {
					UserData        string `json:"adUserData"`
					Personalization string `json:"adPersonalization"`
				} `json:"consent"`
			} `json:"customerMatchUserListMetadata"`
		} `json:"job"`
		ValidateOnly bool `json:"validateOnly"`
	}
	jobOperations struct {
		Operations []struct {
			Create    *userData `json:"create"`
			Remove    *userData `json:"remove"`
			RemoveAll bool      `json:"removeAll"`
		} `json:"operations"`
		PartialFailure bool `json:"enablePartialFailure"`
		Warnings       bool `json:"enableWarnings"`
	}
	userData struct {
		Identifiers []struct {
			Email string `json:"hashedEmail"`
			Phone string `json:"hashedPhoneNumber"`
		} `json:"userIdentifiers"`
	}
)

func checkList(l userList) *googleError {
	switch {
	case l.Name == "" || l.CRM == nil:
		return badArgument("requiredError", "REQUIRED", "A user list needs a name and crmBasedUserList.")
	case l.CRM.UploadKeyType != "CONTACT_INFO" || !slices.Contains([]string{"", "FIRST_PARTY"}, l.CRM.DataSourceType):
		return badArgument("requestError", "INVALID_ENUM_VALUE", "Invalid enum value.")
	case l.MembershipLifeSpan != "" && (whole(l.MembershipLifeSpan) < 1 || whole(l.MembershipLifeSpan) > 540):
		return badArgument("userListError", "INVALID_MEMBERSHIP_LIFE_SPAN", "The life span is 1 to 540 days.")
	}
	return nil
}

func (m *mutation) checkListed(l listInfo) *googleError {
	if t := m.find(l.UserList); t == nil || t.kind != "audience" {
		return badArgument("criterionError", "INVALID_USER_LIST", "The user list is not known.")
	}
	return nil
}

// createJob makes a job, which does nothing before it runs.
func (s *Sandbox) createJob(a *account, body []byte) (any, *googleError) {
	var in jobRequest
	if refused := strict(body, &in); refused != nil {
		return nil, refused
	}
	if in.Job.Type != "CUSTOMER_MATCH_USER_LIST" || in.Job.Match == nil {
		return nil, badArgument("requestError", "INVALID_ENUM_VALUE", "The sandbox has jobs of the type CUSTOMER_MATCH_USER_LIST.")
	}
	if c := in.Job.Match.Consent; c != nil {
		for _, word := range []string{c.UserData, c.Personalization} {
			if !slices.Contains([]string{"", "GRANTED", "DENIED"}, word) {
				return nil, badArgument("requestError", "INVALID_ENUM_VALUE", "Invalid enum value.")
			}
		}
	}
	list := s.named(in.Job.Match.UserList)
	if list == nil || list.account != a || list.kind != "audience" {
		return nil, badArgument("offlineUserDataJobError", "INVALID_USER_LIST_ID", "The user list ID provided for the job is invalid.")
	}
	t := s.add(a, "job", nil, map[string]any{"externalId": in.Job.External, "list": list.id})
	t.members = map[string]bool{}
	return map[string]any{"resourceName": t.resource()}, nil
}

// jobCall adds operations to a job, or runs it.
func (s *Sandbox) jobCall(r *http.Request, a *account, name string, body []byte) (any, *googleError) {
	id, verb, _ := strings.Cut(name, ":")
	t := s.byID[id]
	if t == nil || t.account != a || t.kind != "job" {
		return nil, badArgument("mutateError", "RESOURCE_NOT_FOUND", "Resource was not found.")
	}
	if t.fields["ran"] == true {
		return nil, badArgument("offlineUserDataJobError", "JOB_ALREADY_STARTED", "Once the upload job is started, new operations cannot be added.")
	}
	switch verb {
	case "addOperations":
		return map[string]any{}, t.addOperations(body)
	case "run":
		t.fields["ran"], t.reviewed = true, s.now().Add(s.config.Review)
		if s.due(r, JobFails) != "" {
			t.rejected = "UNKNOWN"
		}
		return map[string]any{"name": "customers/" + a.ID + "/operations/" + t.id}, nil
	}
	return nil, badArgument("requestError", "UNKNOWN", "Method not found.")
}

// mostIdentifiers may be in one request, and mostOfOne in one operation.
const (
	mostIdentifiers = 100_000
	mostOfOne       = 20
)

var hashed = regexp.MustCompile(`^[0-9a-f]{64}$`)

// addOperations takes all of the people in, or none.
func (t *thing) addOperations(body []byte) *googleError {
	var in jobOperations
	if refused := strict(body, &in); refused != nil {
		return refused
	}
	family, identifiers, rows := "offlineUserDataJobError", 0, []string{}
	for i, op := range in.Operations {
		switch {
		case op.RemoveAll && (i > 0 || len(t.members) > 0 || t.fields["replaces"] == true):
			return badArgument(family, "INVALID_OPERATION_ORDER", "When a remove-all operation is provided, it has to be the first operation.")
		case op.RemoveAll:
			t.fields["replaces"] = true
			continue
		case op.Remove != nil:
			return badArgument(family, "CONFLICTING_OPERATION", "The sandbox has no removal of single people.")
		case op.Create == nil || len(op.Create.Identifiers) == 0:
			return badArgument(family, "MISSING_USER_IDENTIFIER", "The user identifier is missing valid data.")
		}
		identifiers += len(op.Create.Identifiers)
		if len(op.Create.Identifiers) > mostOfOne || identifiers > mostIdentifiers {
			return badArgument(family, "TOO_MANY_USER_IDENTIFIERS", "At most 100,000 identifiers a request and 20 an operation.")
		}
		for _, id := range op.Create.Identifiers {
			if (id.Email == "") == (id.Phone == "") || !hashed.MatchString(id.Email+id.Phone) {
				return badArgument(family, "INVALID_ENCODING", "An identifier is one SHA-256 in lower-case hexadecimal.")
			}
		}
		rows = append(rows, fmt.Sprint(op.Create.Identifiers))
	}
	if len(in.Operations) == 0 {
		return badArgument("requiredError", "REQUIRED", "operations is required.")
	}
	for _, row := range rows {
		t.members[row] = true
	}
	return nil
}

// jobStatus is how far a job is; what it brings is in its list when it succeeded.
func (s *Sandbox) jobStatus(t *thing) string {
	switch {
	case t.fields["ran"] != true:
		return "PENDING"
	case s.inReview(t):
		return "RUNNING"
	case t.rejected != "":
		return "FAILED"
	}
	return "SUCCESS"
}

// work ends the jobs whose time has come, in the order in which they were made.
func (s *Sandbox) work() {
	for _, t := range s.things {
		if t.kind != "job" || t.fields["done"] == true || s.jobStatus(t) != "SUCCESS" {
			continue
		}
		t.fields["done"] = true
		if list := s.byID[fmt.Sprint(t.fields["list"])]; list != nil {
			list.close(&filling{replace: t.fields["replaces"] == true, members: t.members})
		}
		t.members = nil
	}
}

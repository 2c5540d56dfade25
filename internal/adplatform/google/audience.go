package google

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hexabuilders/campaignd/platforms"
	"github.com/hexabuilders/campaignd/targeting"
)

// batchMembers is how many people one call may name. Google takes 100 000
// identifiers a call; one of us has two at most.
const batchMembers = 10_000

// callList is the number of the first call that makes a user list. They come
// after the others in number and before them in time: what is for a list needs it.
const callList = 10

var _ platforms.Filler = (*Client)(nil)

// Fill implements platforms.Filler with a job of Customer Match. Nothing happens
// before the job is told to run, so that one which broke off leaves the list as it
// was. A job that replaces begins by removing everybody: creating and removing by
// name do not go together in one.
func (c *Client) Fill(ctx context.Context, a platforms.Access, audience string, f platforms.Filling) error {
	job := filling{Client: c, access: a, list: resource(a, "audience", audience), Filling: f}
	err := f.Members(func(batch []platforms.Member) error {
		for part := range slices.Chunk(batch, batchMembers) {
			if err := job.add(ctx, part); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && job.name == "" && f.Replace { // everybody has left
		err = job.add(ctx, nil)
	}
	if err != nil || job.name == "" {
		return err
	}
	var started object
	_, err = c.call(ctx, a, job.name+":run", object{}, &started)
	return err
}

// filling is one job; it is made with its first batch.
type filling struct {
	*Client
	platforms.Filling
	access     platforms.Access
	list, name string
}

func (j *filling) add(ctx context.Context, members []platforms.Member) error {
	first := j.name == ""
	if first {
		if err := j.make(ctx); err != nil {
			return err
		}
	}
	var answer object
	_, err := j.call(ctx, j.access, j.name+":addOperations", operationsBody(members, first && j.Replace), &answer)
	return err
}

func (j *filling) make(ctx context.Context) error {
	var made struct {
		ResourceName string `json:"resourceName"`
	}
	request, err := j.call(ctx, j.access, "offlineUserDataJobs:create", jobBody(j.list, j.Filling), &made)
	if err != nil {
		return err
	}
	if last(made.ResourceName) == "" {
		return &platforms.Failure{Class: platforms.Unknown, Message: "The answer does not name the job.", RequestID: request}
	}
	j.name = "offlineUserDataJobs/" + last(made.ResourceName)
	return nil
}

// jobBody is the request for a job. Its external id is the session, by which it is
// found again. Consent is said where it is the ground; elsewhere nothing is, which
// Google takes for no consent of people in the European Economic Area.
func jobBody(list string, f platforms.Filling) object {
	metadata := object{"userList": list}
	if f.Consented {
		metadata["consent"] = object{"adUserData": "GRANTED", "adPersonalization": "GRANTED"}
	}
	return object{"job": object{"type": "CUSTOMER_MATCH_USER_LIST", "externalId": strconv.FormatInt(f.Session, 10), "customerMatchUserListMetadata": metadata}}
}

// operationsBody names people by what is known of them. It does all or nothing.
func operationsBody(members []platforms.Member, removeAll bool) object {
	operations := make([]object, 0, len(members)+1)
	if removeAll {
		operations = append(operations, object{"removeAll": true})
	}
	for _, m := range members {
		var named []object
		if m.Email != "" {
			named = append(named, object{"hashedEmail": m.Email})
		}
		if m.Phone != "" {
			named = append(named, object{"hashedPhoneNumber": m.Phone})
		}
		operations = append(operations, object{"create": object{"userIdentifiers": named}})
	}
	return object{"operations": operations, "enablePartialFailure": false}
}

// listBody is the request that makes the user list of one audience. A member stays
// for as long as Google allows: who has to leave sooner is taken out.
func listBody(d platforms.Draft, o platforms.Object) object {
	name := strings.TrimSpace(string([]rune(o.Name)[:min(len([]rune(o.Name)), 200)]))
	return object{"mutateOperations": []object{{"userListOperation": object{"create": object{
		"name": name + " " + o.Reference, "description": "For " + d.Name, "membershipLifeSpan": "540",
		"crmBasedUserList": object{"uploadKeyType": "CONTACT_INFO", "dataSourceType": "FIRST_PARTY"},
	}}}}}
}

func (c *Client) createList(ctx context.Context, a platforms.Access, d platforms.Draft, o platforms.Object) ([]platforms.Outcome, error) {
	var answer results
	request, err := c.call(ctx, a, "googleAds:mutate", listBody(d, o), &answer)
	if err != nil {
		return nil, err
	}
	for _, response := range answer.Responses {
		if id := last(response["userListResult"].ResourceName); id != "" {
			return []platforms.Outcome{{External: id, RequestID: request}}, nil
		}
	}
	return nil, &platforms.Failure{Class: platforms.Unknown, Message: "The answer does not name the user list.", RequestID: request}
}

// removeList removes a user list that is no longer used: it holds people's data. One
// that is gone is no failure.
func (c *Client) removeList(ctx context.Context, a platforms.Access, list string) error {
	var answer results
	_, err := c.call(ctx, a, "googleAds:mutate", object{"mutateOperations": []object{{"userListOperation": object{"remove": resource(a, "audience", list)}}}}, &answer)
	if f, ok := err.(*platforms.Failure); ok && strings.HasSuffix(f.Code, "RESOURCE_NOT_FOUND") { //nolint:errorlint // call returns it bare
		return nil
	}
	return err
}

// lists are whom a campaign is for, by its ad group, interests included, and whom
// it spares. An ad
// group without one of its audiences would be for everybody, so that one which is
// not there yet stops it.
func lists(a platforms.Access, d platforms.Draft, existing map[string]string) (wanted, spared []object, err error) {
	for _, one := range d.Audiences {
		id := existing[one.Key()]
		if id == "" {
			return nil, nil, &platforms.Failure{Class: platforms.NotSent, Message: "The audience " + one.Name + " is not at Google Ads yet."}
		}
		list := object{"userList": resource(a, "audience", id)}
		if one.Excluded {
			spared = append(spared, object{"negative": true, "userList": list})
		} else {
			wanted = append(wanted, object{"status": "ENABLED", "userList": list})
		}
	}
	return append(wanted, segments(a, d)...), spared, nil
}

// onlyTo makes the audiences of an ad group a condition and not a hint.
var onlyTo = object{"targetRestrictions": []object{{"targetingDimension": "AUDIENCE", "bidOnly": false}}}

// audienceExclusion reports whether an exclusion is of audiences that are all
// here.
func audienceExclusion(e targeting.Exclusion, kept []platforms.Audience) bool {
	return (e.Criterion == targeting.ByAudience || e.Criterion == targeting.ByLookalike) && sayable(e.Values, kept)
}

// sayable reports whether all of some audiences are here, so that Google can be
// given them. Its own ids look like another platform's.
func sayable(names []string, kept []platforms.Audience) bool {
	return !slices.ContainsFunc(names, func(name string) bool {
		return !slices.ContainsFunc(kept, func(a platforms.Audience) bool { return a.ID.String() == name })
	})
}

// jobs are how the fillings of user lists stand, by the lists' ids.
func (c *Client) jobs(ctx context.Context, a platforms.Access, objects []platforms.Object, into map[string]platforms.Standing) error {
	var sessions []string
	lists := map[string]string{}
	for _, o := range objects {
		if o.Kind == "audience" && o.Filling != 0 {
			session := strconv.FormatInt(o.Filling, 10)
			sessions, lists[session] = append(sessions, session), o.External
		}
	}
	if len(sessions) == 0 {
		return nil
	}
	query := fmt.Sprintf("SELECT offline_user_data_job.external_id, offline_user_data_job.status, offline_user_data_job.failure_reason FROM offline_user_data_job WHERE offline_user_data_job.external_id IN (%s)", strings.Join(sessions, ", "))
	return c.search(ctx, a, query, func(rows []row, _ string) error {
		for _, r := range rows {
			s := platforms.Standing{Delivery: r.Job.Status}
			if r.Job.Status == "FAILED" {
				s.Review, s.Reasons = platforms.Rejected, []string{"The upload of its members failed: " + strings.ToLower(strings.ReplaceAll(r.Job.Reason, "_", " "))}
			}
			into[lists[r.Job.ExternalID]] = s
		}
		return nil
	})
}

package google

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/platforms"
)

// collections are how resources are named, by the kinds of objects.
var collections = map[string]string{"budget": "campaignBudgets", "campaign": "campaigns", "ad_group": "adGroups", "ad": "adGroupAds", "audience": "userLists"}

// resource is the name of an object.
func resource(a platforms.Access, kind, id string) string {
	return "customers/" + a.External + "/" + collections[kind] + "/" + id
}

// last is the id at the end of a resource's name.
func last(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// The calls that create a campaign.
const (
	callCampaign = 1 // budget, campaign and ad group: all or none
	callAds      = 2
)

// Outline implements platforms.Connector.
func (c *Client) Outline(a platforms.Access, d platforms.Draft) (platforms.Outline, error) {
	runs, err := channelOf(a, d)
	if err != nil {
		return platforms.Outline{}, err
	}
	_, left, err := criteria(a, d)
	if err != nil {
		return platforms.Outline{}, err
	}
	out := platforms.Outline{LeftOut: left}
	last := "" // each audience needs the one before, so that the campaign waits for all
	for i, one := range d.Audiences {
		out.Wants = append(out.Wants, platforms.Want{Key: one.Key(), Kind: "audience", Name: one.Name, Call: callList + i, Needs: last})
		last = one.Key()
	}
	for _, kind := range []string{"budget", "campaign", "ad_group"} {
		out.Wants = append(out.Wants, platforms.Want{Key: kind, Kind: kind, Call: callCampaign, Needs: last})
	}
	for _, creative := range d.Creatives {
		out.Wants = append(out.Wants, platforms.Want{
			Key: "ad:" + creative.Name, Kind: "ad", Name: creative.Name, Channel: d.ChannelOf(creative, channelWords[runs.name]), Call: callAds, Needs: "ad_group",
		})
	}
	return out, nil
}

// Create implements platforms.Connector.
func (c *Client) Create(ctx context.Context, a platforms.Access, d platforms.Draft, call []platforms.Object, existing map[string]string) ([]platforms.Outcome, error) {
	switch {
	case call[0].Kind == "audience":
		return c.createList(ctx, a, d, call[0])
	case call[0].Call == callCampaign:
		return c.createCampaign(ctx, a, d, call, existing)
	}
	return c.createAds(ctx, a, d, call, existing["ad_group"])
}

// campaignBody is the request that makes a budget, a campaign and an ad group of
// these references, for audiences that exist.
func campaignBody(a platforms.Access, d platforms.Draft, references, existing map[string]string) (map[string]any, error) {
	places, _, err := criteria(a, d)
	if err != nil {
		return nil, err
	}
	wanted, spared, err := lists(a, d, existing)
	if err != nil {
		return nil, err
	}
	runs, err := channelOf(a, d)
	if err != nil {
		return nil, err
	}
	budget, campaign, group := resource(a, "budget", "-1"), resource(a, "campaign", "-2"), resource(a, "ad_group", "-3")
	money := budgetFields(d)
	money["resourceName"], money["name"], money["explicitlyShared"], money["period"] = budget, title(d, references["budget"]), false, "DAILY"
	if !d.Daily {
		money["period"] = "CUSTOM_PERIOD"
	}
	fields := campaignFields(a, d)
	for name, value := range (object{
		"resourceName": campaign, "name": title(d, references["campaign"]), "status": "PAUSED", "advertisingChannelType": runs.name, "campaignBudget": budget,
		"startDateTime": stamp(d.Start, a.Zone), "containsEuPoliticalAdvertising": "DOES_NOT_CONTAIN_EU_POLITICAL_ADVERTISING",
		"networkSettings": runs.networks,
	}) {
		fields[name] = value
	}
	operations := []object{{"campaignBudgetOperation": object{"create": money}}, {"campaignOperation": object{"create": fields}}}
	for _, place := range slices.Concat(places, spared) {
		place["campaign"] = campaign
		operations = append(operations, object{"campaignCriterionOperation": object{"create": place}})
	}
	set := object{"resourceName": group, "name": title(d, references["ad_group"]), "campaign": campaign, "status": "ENABLED", "type": runs.group}
	maps.Copy(set, manualBid(d))
	if len(wanted) > 0 {
		set["targetingSetting"] = onlyTo
	}
	operations = append(operations, object{"adGroupOperation": object{"create": set}})
	for _, list := range wanted { // or interests
		list["adGroup"] = group
		operations = append(operations, object{"adGroupCriterionOperation": object{"create": list}})
	}
	for _, text := range keywords(d, runs) {
		operations = append(operations, object{"adGroupCriterionOperation": object{"create": object{
			"adGroup": group, "status": "ENABLED", "keyword": object{"text": text, "matchType": "BROAD"},
		}}})
	}
	return object{"mutateOperations": operations}, nil
}

// manualBid is the most that a click or a thousand impressions may cost, where the
// campaign says it; an ad group has it.
func manualBid(d platforms.Draft) object {
	switch field, _ := bidding(d.Targeting.BidStrategy); field {
	case "manualCpc":
		return object{"cpcBidMicros": micros(*d.Targeting.BidStrategy.Amount)}
	case "manualCpm":
		return object{"cpmBidMicros": micros(*d.Targeting.BidStrategy.Amount)}
	}
	return object{}
}

// title is an object's name there. The reference is between spaces: brackets
// mean something else in LIKE.
func title(d platforms.Draft, reference string) string {
	runes := []rune(d.Name)
	return fmt.Sprintf("%s %s", string(runes[:min(len(runes), 200)]), reference)
}

// results are the names that a mutate answers with, one an operation.
type results struct {
	Responses []map[string]struct {
		ResourceName string `json:"resourceName"`
	} `json:"mutateOperationResponses"`
}

func (c *Client) createCampaign(ctx context.Context, a platforms.Access, d platforms.Draft, call []platforms.Object, existing map[string]string) ([]platforms.Outcome, error) {
	references := map[string]string{}
	for _, o := range call {
		references[o.Kind] = o.Reference
	}
	body, err := campaignBody(a, d, references, existing)
	if err != nil {
		return nil, err
	}
	var answer results
	request, err := c.call(ctx, a, "googleAds:mutate", body, &answer)
	if err != nil {
		return nil, err
	}
	made := map[string]string{}
	for _, response := range answer.Responses {
		for kind, result := range map[string]string{"budget": "campaignBudgetResult", "campaign": "campaignResult", "ad_group": "adGroupResult"} {
			if name := response[result].ResourceName; name != "" {
				made[kind] = last(name)
			}
		}
	}
	outcomes := make([]platforms.Outcome, len(call))
	for i, o := range call {
		if made[o.Kind] == "" {
			return nil, &platforms.Failure{Class: platforms.Unknown, Message: "The answer does not name the " + o.Kind + ".", RequestID: request}
		}
		outcomes[i] = platforms.Outcome{External: made[o.Kind], RequestID: request}
	}
	return outcomes, nil
}

// adsBody is the request that makes ads.
func adsBody(a platforms.Access, d platforms.Draft, call []platforms.Object, group string) (map[string]any, error) {
	var operations []object
	for _, o := range call {
		at := slices.IndexFunc(d.Creatives, func(c campaigns.Creative) bool { return "ad:"+c.Name == o.Key })
		if at < 0 {
			return nil, &platforms.Failure{Class: platforms.NotSent, Message: "The campaign has no creative for " + o.Key + " any more."}
		}
		operations = append(operations, object{"create": object{
			"adGroup": resource(a, "ad_group", group), "status": "ENABLED", "ad": adBody(a, d, d.Creatives[at], o.Reference),
		}})
	}
	return object{"operations": operations, "partialFailure": true}, nil
}

func (c *Client) createAds(ctx context.Context, a platforms.Access, d platforms.Draft, call []platforms.Object, group string) ([]platforms.Outcome, error) {
	body, err := adsBody(a, d, call, group)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Results []struct {
			ResourceName string `json:"resourceName"`
		} `json:"results"`
		Partial struct {
			Details []details `json:"details"`
		} `json:"partialFailureError"`
	}
	request, err := c.call(ctx, a, "adGroupAds:mutate", body, &answer)
	if err != nil {
		return nil, err
	}
	outcomes := make([]platforms.Outcome, len(call))
	for i := range call {
		outcomes[i].RequestID = request
		if i < len(answer.Results) {
			outcomes[i].External = last(answer.Results[i].ResourceName)
		}
		if outcomes[i].External != "" {
			continue
		}
		if outcomes[i].Refused = refusalOf(answer.Partial.Details, i, request); outcomes[i].Refused == nil {
			return nil, &platforms.Failure{Class: platforms.Unknown, Message: "The answer does not say what became of " + call[i].Key + ".", RequestID: request}
		}
	}
	return outcomes, nil
}

// refusalOf is what a partial failure says of one operation; nil when nothing.
func refusalOf(all []details, operation int, request string) *platforms.Failure {
	for _, d := range all {
		for _, e := range d.Errors {
			if e.operation() == operation {
				return &platforms.Failure{Class: platforms.Refused, Code: e.name(), Message: e.Message, RequestID: request}
			}
		}
	}
	return nil
}

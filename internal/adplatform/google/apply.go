package google

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hexabuilders/campaignd/platforms"
)

// Apply implements platforms.Connector with one mutate, which does everything or
// nothing.
func (c *Client) Apply(ctx context.Context, a platforms.Access, d platforms.Draft, existing map[string]string, retired []platforms.Object) error {
	operations := changes(a, d, existing, retired)
	moved, err := c.moved(ctx, a, d, existing)
	if err != nil {
		return err
	}
	if operations = append(operations, moved...); len(operations) > 0 {
		var answer results
		if _, err := c.call(ctx, a, "googleAds:mutate", object{"mutateOperations": operations}, &answer); err != nil {
			return err
		}
	}
	for _, o := range retired {
		if o.Kind == "audience" { // nothing names it any more
			if err := c.removeList(ctx, a, o.External); err != nil {
				return err
			}
		}
	}
	return nil
}

// changes are the operations that make what exists as the draft has it, but for
// where and to whom it is shown.
func changes(a platforms.Access, d platforms.Draft, existing map[string]string, retired []platforms.Object) []map[string]any {
	var all []object
	update := func(kind, operation, id string, fields object) {
		mask := maskOf(fields)
		fields["resourceName"] = resource(a, kind, id)
		all = append(all, object{operation: object{"update": fields, "updateMask": strings.Join(mask, ",")}})
	}
	if id := existing["budget"]; id != "" {
		update("budget", "campaignBudgetOperation", id, budgetFields(d))
	}
	if id := existing["campaign"]; id != "" {
		update("campaign", "campaignOperation", id, campaignFields(a, d))
	}
	if id := existing["ad_group"]; id != "" {
		set := manualBid(d)
		if forLists(d) || len(segments(a, d)) > 0 {
			set["targetingSetting"] = onlyTo
		}
		if len(set) > 0 {
			update("ad_group", "adGroupOperation", id, set)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(existing)) {
		if strings.HasPrefix(key, "ad:") {
			update("ad", "adGroupAdOperation", existing[key], object{"status": "ENABLED"})
		}
	}
	for _, o := range retired {
		operation := map[string]string{"campaign": "campaignOperation", "ad_group": "adGroupOperation", "ad": "adGroupAdOperation"}[o.Kind]
		if operation != "" { // a budget by itself spends nothing
			update(o.Kind, operation, o.External, object{"status": "PAUSED"})
		}
	}
	return all
}

// leaves are the fields of messages that an update sets: a mask may not name a
// message that has fields (FIELD_HAS_SUBFIELDS). Named and not given, a field is
// cleared: a strategy without a bid has none from then on.
var leaves = map[string]string{
	"manualCpc": "enhancedCpcEnabled", "targetSpend": "cpcBidCeilingMicros", "maximizeConversions": "targetCpaMicros", "maximizeConversionValue": "targetRoas",
	"targetingSetting": "targetRestrictions",
}

// maskOf names the fields of an update.
func maskOf(fields object) []string {
	mask := slices.Sorted(maps.Keys(fields))
	for i, name := range mask {
		if leaf := leaves[name]; leaf != "" {
			mask[i] += "." + leaf
		}
	}
	return mask
}

// criterion is one that exists there: its name, and what it says as constantOf has
// it.
type criterion struct{ name, says string }

// moved are the operations that change where and to whom a campaign is shown.
func (c *Client) moved(ctx context.Context, a platforms.Access, d platforms.Draft, existing map[string]string) ([]object, error) {
	places, _, err := criteria(a, d)
	if err != nil {
		return nil, err
	}
	wanted, spared, err := lists(a, d, existing)
	if err != nil {
		return nil, err
	}
	var operations []object
	if id := existing["campaign"]; id != "" {
		there, err := c.criteriaOf(ctx, a, "SELECT campaign_criterion.resource_name, campaign_criterion.negative, campaign_criterion.location.geo_target_constant, campaign_criterion.language.language_constant, campaign_criterion.user_list.user_list, "+
			"campaign_criterion.proximity.geo_point.longitude_in_micro_degrees, campaign_criterion.proximity.geo_point.latitude_in_micro_degrees, campaign_criterion.proximity.radius, campaign_criterion.proximity.radius_units "+
			"FROM campaign_criterion WHERE campaign.id = "+id+" AND campaign_criterion.type IN ('LOCATION', 'PROXIMITY', 'LANGUAGE', 'USER_LIST') AND campaign_criterion.status != 'REMOVED'")
		if err != nil {
			return nil, err
		}
		operations = replace("campaignCriterionOperation", there, slices.Concat(places, spared), object{"campaign": resource(a, "campaign", id)})
	}
	if id := existing["ad_group"]; id != "" {
		there, err := c.criteriaOf(ctx, a, "SELECT ad_group_criterion.resource_name, ad_group_criterion.user_list.user_list, ad_group_criterion.user_interest.user_interest_category "+
			"FROM ad_group_criterion WHERE ad_group.id = "+id+" AND ad_group_criterion.type IN ('USER_LIST', 'USER_INTEREST') AND ad_group_criterion.status != 'REMOVED'")
		if err != nil {
			return nil, err
		}
		operations = append(operations, replace("adGroupCriterionOperation", there, wanted, object{"adGroup": resource(a, "ad_group", id)})...)
	}
	return operations, nil
}

func (c *Client) criteriaOf(ctx context.Context, a platforms.Access, query string) (all []criterion, err error) {
	err = c.search(ctx, a, query, func(rows []row, _ string) error {
		for _, r := range rows {
			says := r.Criterion.Proximity.says() + r.Criterion.Location.Constant + r.Criterion.Language.Constant + r.Criterion.UserList.UserList + r.Listed.UserList.UserList + r.Listed.Interest.Category
			all = append(all, criterion{r.Criterion.ResourceName + r.Listed.ResourceName, fmt.Sprint(says, r.Criterion.Negative)})
		}
		return nil
	})
	return all, err
}

// replace are the operations that leave only the wanted criteria.
func replace(operation string, there []criterion, wanted []object, parent object) (operations []object) {
	missing := map[string]object{}
	for _, w := range wanted {
		if says := constantOf(w); says != "" {
			missing[says] = w
		}
	}
	for _, one := range there {
		if _, ok := missing[one.says]; ok {
			delete(missing, one.says)
			continue
		}
		operations = append(operations, object{operation: object{"remove": one.name}})
	}
	for _, says := range slices.Sorted(maps.Keys(missing)) {
		w := missing[says]
		maps.Copy(w, parent)
		operations = append(operations, object{operation: object{"create": w}})
	}
	return operations
}

// circle is a point with a radius, as the API has it.
type circle struct {
	Point struct {
		Longitude int64 `json:"longitudeInMicroDegrees"`
		Latitude  int64 `json:"latitudeInMicroDegrees"`
	} `json:"geoPoint"`
	Radius float64 `json:"radius"`
	Units  string  `json:"radiusUnits"`
}

// says is the circle as constantOf has it; nothing of none.
func (c circle) says() string {
	if c.Radius == 0 {
		return ""
	}
	return fmt.Sprint(c.Point.Longitude, "/", c.Point.Latitude, "/", c.Radius, c.Units)
}

// constantOf names a criterion: its constant, list, interest or circle, and whether
// it excludes.
func constantOf(criterion object) string {
	says := ""
	if round, ok := criterion["proximity"].(circle); ok {
		says = round.says()
	}
	for kind, member := range map[string]string{"location": "geoTargetConstant", "language": "languageConstant", "userList": "userList", "userInterest": "userInterestCategory"} {
		if inner, ok := criterion[kind].(object); ok {
			says, _ = inner[member].(string)
		}
	}
	if says == "" {
		return ""
	}
	return fmt.Sprint(says, criterion["negative"] == true)
}

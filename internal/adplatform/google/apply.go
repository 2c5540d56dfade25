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
	if id := existing["campaign"]; id != "" {
		moved, err := c.places(ctx, a, d, id)
		if err != nil {
			return err
		}
		operations = append(operations, moved...)
	}
	if len(operations) == 0 {
		return nil
	}
	var answer results
	_, err := c.call(ctx, a, "googleAds:mutate", object{"mutateOperations": operations}, &answer)
	return err
}

// changes are the operations that make what exists as the draft has it, but for
// where it is shown.
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
		if bid := manualBid(d); bid != "" {
			update("ad_group", "adGroupOperation", id, object{"cpcBidMicros": bid})
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

// maskOf names the fields of an update. A strategy without a value is an empty
// message, which a mask can only name by one of its fields.
func maskOf(fields object) []string {
	mask := slices.Sorted(maps.Keys(fields))
	for i, name := range mask {
		if inner, ok := fields[name].(object); ok && len(inner) == 0 {
			mask[i] += map[string]string{"targetSpend": ".cpcBidCeilingMicros", "maximizeConversionValue": ".targetRoas"}[name]
		}
	}
	return mask
}

// places are the operations that change where a campaign is shown.
func (c *Client) places(ctx context.Context, a platforms.Access, d platforms.Draft, campaign string) ([]object, error) {
	wanted, _, err := criteria(d.Targeting)
	if err != nil {
		return nil, err
	}
	missing := map[string]object{}
	for _, w := range wanted {
		if constant := constantOf(w); constant != "" {
			missing[constant] = w
		}
	}
	var operations []object
	query := "SELECT campaign_criterion.resource_name, campaign_criterion.negative, campaign_criterion.location.geo_target_constant, campaign_criterion.language.language_constant " +
		"FROM campaign_criterion WHERE campaign.id = " + campaign + " AND campaign_criterion.type IN ('LOCATION', 'LANGUAGE') AND campaign_criterion.status != 'REMOVED'"
	err = c.search(ctx, a, query, func(rows []row, _ string) error {
		for _, r := range rows {
			constant := fmt.Sprint(r.Criterion.Location.Constant, r.Criterion.Language.Constant, r.Criterion.Negative)
			if _, ok := missing[constant]; ok {
				delete(missing, constant)
				continue
			}
			operations = append(operations, object{"campaignCriterionOperation": object{"remove": r.Criterion.ResourceName}})
		}
		return nil
	})
	for _, constant := range slices.Sorted(maps.Keys(missing)) {
		w := missing[constant]
		w["campaign"] = resource(a, "campaign", campaign)
		operations = append(operations, object{"campaignCriterionOperation": object{"create": w}})
	}
	return operations, err
}

// constantOf names a criterion: its constant, and whether it excludes. A circle
// has none and stays as it was made.
func constantOf(criterion object) string {
	place, _ := criterion["location"].(object)
	spoken, _ := criterion["language"].(object)
	where, _ := place["geoTargetConstant"].(string)
	tongue, _ := spoken["languageConstant"].(string)
	if where+tongue == "" {
		return ""
	}
	return fmt.Sprint(where, tongue, criterion["negative"] == true)
}

package sandbox

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// rule is what one parameter of an object may be.
type rule struct {
	required bool
	fixed    bool // cannot be changed later
	check    func(v any) string
}

// metaReadable are fields that may be asked for and absent.
var metaReadable = []string{
	"id", "name", "status", "configured_status", "effective_status", "objective", "daily_budget", "lifetime_budget", "bid_strategy", "bid_amount",
	"special_ad_categories", "special_ad_category_country", "buying_type", "campaign_id", "adset_id", "account_id", "start_time", "end_time", "targeting", "optimization_goal",
	"billing_event", "promoted_object", "subtype", "customer_file_source", "description", "approximate_count_lower_bound", "creative", "ad_review_feedback", "created_time", "title", "picture",
}

var metaStatus = rule{check: oneOf("ACTIVE", "PAUSED", "ARCHIVED", "DELETED")}

// metaObjects are the parameters of what can be created, after the reference of
// the Marketing API.
var metaObjects = map[string]map[string]rule{
	"campaign": {
		"name":                        {required: true, check: isText},
		"objective":                   {required: true, fixed: true, check: oneOf("OUTCOME_AWARENESS", "OUTCOME_TRAFFIC", "OUTCOME_ENGAGEMENT", "OUTCOME_LEADS", "OUTCOME_SALES", "OUTCOME_APP_PROMOTION")},
		"special_ad_categories":       {required: true, check: listOf("NONE", "HOUSING", "EMPLOYMENT", "FINANCIAL_PRODUCTS_SERVICES", "ISSUES_ELECTIONS_POLITICS", "ONLINE_GAMBLING_AND_GAMING")},
		"special_ad_category_country": {check: isList},
		"status":                      metaStatus,
		"buying_type":                 {fixed: true, check: oneOf("AUCTION", "RESERVED")},
		"daily_budget":                {check: isBudget},
		"lifetime_budget":             {check: isBudget},
		"bid_strategy":                {check: oneOf("LOWEST_COST_WITHOUT_CAP", "LOWEST_COST_WITH_BID_CAP", "COST_CAP", "LOWEST_COST_WITH_MIN_ROAS")},
	},
	"audience": {
		"name":                 {required: true, check: isText},
		"subtype":              {required: true, fixed: true, check: oneOf("CUSTOM")},
		"customer_file_source": {required: true, fixed: true, check: oneOf("USER_PROVIDED_ONLY", "PARTNER_PROVIDED_ONLY", "BOTH_USER_AND_PARTNER_PROVIDED")},
		"description":          {check: isText},
	},
	"video": {
		"name":     {check: isText},
		"title":    {check: isText},
		"file_url": {required: true, fixed: true, check: isText},
	},
	"ad_set": {
		"name":                    {required: true, check: isText},
		"campaign_id":             {required: true, fixed: true, check: isText},
		"billing_event":           {required: true, fixed: true, check: oneOf("IMPRESSIONS", "LINK_CLICKS", "THRUPLAY", "POST_ENGAGEMENT")},
		"optimization_goal":       {required: true, check: oneOf("REACH", "IMPRESSIONS", "LINK_CLICKS", "LANDING_PAGE_VIEWS", "POST_ENGAGEMENT", "LEAD_GENERATION", "OFFSITE_CONVERSIONS", "VALUE", "THRUPLAY")},
		"targeting":               {required: true, check: isTargeting},
		"status":                  metaStatus,
		"start_time":              {check: isTime},
		"end_time":                {check: isTime},
		"bid_amount":              {check: isBudget},
		"promoted_object":         {fixed: true, check: isObject},
		"destination_type":        {check: oneOf("WEBSITE", "ON_AD", "UNDEFINED")},
		"frequency_control_specs": {check: isList},
	},
	"ad": {
		"name":     {required: true, check: isText},
		"adset_id": {required: true, fixed: true, check: isText},
		"creative": {required: true, check: isCreative},
		"status":   metaStatus,
	},
}

// check holds parameters to their rules.
func check(rules map[string]rule, params map[string]any, creating bool) error {
	names := []string{}
	for name := range rules {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		r, v := rules[name], params[name]
		switch {
		case creating && r.required && v == nil:
			return badParam("The parameter %s is required.", name)
		case !creating && r.fixed && v != nil:
			return badParam("Param %s cannot be changed.", name)
		case v == nil:
		case r.check(v) != "":
			return badParam("Param %s %s", name, r.check(v))
		}
	}
	for name := range params {
		if _, ok := rules[name]; !ok {
			return badParam("Unexpected parameter %s", name)
		}
	}
	return nil
}

func oneOf(allowed ...string) func(any) string {
	return func(v any) string {
		if s, ok := v.(string); ok && slices.Contains(allowed, s) {
			return ""
		}
		return fmt.Sprintf("must be one of {%s} - got %q.", strings.Join(allowed, ", "), fmt.Sprint(v))
	}
}

func listOf(allowed ...string) func(any) string {
	one := oneOf(allowed...)
	return func(v any) string {
		list, ok := v.([]any)
		if !ok {
			return "must be an array."
		}
		for _, item := range list {
			if why := one(item); why != "" {
				return why
			}
		}
		return ""
	}
}

func isText(v any) string {
	if s, ok := v.(string); !ok || s == "" || len(s) > 1000 {
		return "must be a non-empty string."
	}
	return ""
}

func isList(v any) string {
	if _, ok := v.([]any); !ok {
		return "must be an array."
	}
	return ""
}

func isObject(v any) string {
	if _, ok := v.(map[string]any); !ok {
		return "must be an object."
	}
	return ""
}

// isBudget is a whole number of minor units, of at least one hundred.
func isBudget(v any) string {
	f, err := strconv.ParseFloat(fmt.Sprint(v), 64)
	if n, ok := v.(float64); ok {
		f, err = n, nil
	}
	if err != nil || f != math.Trunc(f) || f < 1 || f > 1e12 {
		return "must be a positive whole number of minor units."
	}
	return ""
}

func isTime(v any) string {
	if s, ok := v.(string); !ok || readTime(s).IsZero() {
		return "must be an ISO 8601 time."
	}
	return ""
}

var metaTargeting = []string{
	"age_min", "age_max", "genders", "geo_locations", "excluded_geo_locations", "locales", "device_platforms", "publisher_platforms",
	"user_os", "flexible_spec", "exclusions", "custom_audiences", "excluded_custom_audiences", "targeting_automation", "wireless_carrier",
}

func isTargeting(v any) string {
	t, ok := v.(map[string]any)
	if !ok {
		return "must be an object."
	}
	for name := range t {
		if !slices.Contains(metaTargeting, name) {
			return "has the unknown member " + name + "."
		}
	}
	geo, ok := t["geo_locations"].(map[string]any)
	if !ok || len(geo) == 0 {
		return "must have geo_locations."
	}
	for name := range geo {
		if !slices.Contains([]string{"countries", "regions", "cities", "zips", "custom_locations", "location_types"}, name) {
			return "has the unknown member geo_locations." + name + "."
		}
	}
	return ""
}

func isCreative(v any) string {
	c, ok := v.(map[string]any)
	if !ok {
		return "must be an object."
	}
	for name := range c {
		if !slices.Contains([]string{"creative_id", "name", "object_story_spec", "url_tags", "degrees_of_freedom_spec"}, name) {
			return "has the unknown member " + name + "."
		}
	}
	if c["creative_id"] != nil {
		return ""
	}
	spec, ok := c["object_story_spec"].(map[string]any)
	if !ok || spec["page_id"] == nil {
		return "must have object_story_spec with page_id."
	}
	if video, ok := spec["video_data"].(map[string]any); ok {
		return isVideoData(video)
	}
	link, ok := spec["link_data"].(map[string]any)
	if !ok || link["link"] == nil {
		return "must have object_story_spec.link_data with link."
	}
	if picture := text(link["picture"]); strings.HasSuffix(picture, ".mp4") || strings.HasSuffix(picture, ".mov") {
		return "must have a picture in link_data.picture, not a video."
	}
	return ""
}

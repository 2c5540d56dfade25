package sandbox

import (
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hexabuilders/campaignd/localday"
	"github.com/hexabuilders/campaignd/money"
)

// searchPage is how many rows a page has. At Google it is 10 000; here it is
// less, so that tests turn pages.
const searchPage = 200

type searchRequest struct {
	Query     string `json:"query"`
	PageToken string `json:"pageToken"`
}

// record is one row with every field that can be asked of it, by GAQL's names.
type record map[string]any

var gaql = regexp.MustCompile(`(?s)^\s*SELECT\s+(.+?)\s+FROM\s+(\w+)(?:\s+WHERE\s+(.+?))?\s*$`)

// search answers the part of GAQL that campaignd asks: SELECT, FROM and
// conditions joined by AND.
func (s *Sandbox) search(r *http.Request, a *account, body []byte) (any, *googleError) {
	var in searchRequest
	if refused := strict(body, &in); refused != nil {
		return nil, refused
	}
	parts := gaql.FindStringSubmatch(in.Query)
	if parts == nil {
		return nil, badArgument("queryError", "UNEXPECTED_INPUT", "Error in query: unexpected input.")
	}
	conditions, refused := conditionsOf(parts[3])
	if refused != nil {
		return nil, refused
	}
	fields := strings.Split(strings.ReplaceAll(parts[1], " ", ""), ",")
	records := s.records(a, parts[2], conditions)
	if len(records) > 0 && parts[2] == "ad_group_ad" && slices.Contains(fields, "segments.date") {
		s.distortGoogle(r, records[0])
	}
	known := googleFields[parts[2]]
	for _, name := range fields {
		if !slices.Contains(known, name) {
			return nil, badArgument("queryError", "UNRECOGNIZED_FIELD", "Unrecognized field in the query: '%s'.", name)
		}
	}
	var rows []any
	for _, rec := range records {
		fits := true
		for _, c := range conditions {
			if !slices.Contains(known, c.field) {
				return nil, badArgument("queryError", "UNRECOGNIZED_FIELD", "Unrecognized field in the query: '%s'.", c.field)
			}
			fits = fits && c.holds(rec[c.field])
		}
		if fits {
			rows = append(rows, rec.nested(fields))
		}
	}
	return s.searchPage(r, rows, in.PageToken)
}

func (s *Sandbox) searchPage(r *http.Request, rows []any, token string) (any, *googleError) {
	start := 0
	if token != "" {
		n, err := strconv.Atoi(token)
		if err != nil {
			return nil, badArgument("requestError", "INVALID_PAGE_TOKEN", "Page token is invalid.")
		}
		start = n
	}
	if s.due(r, EmptyPage) != "" {
		return map[string]any{"results": []any{}, "nextPageToken": token + "0"}, nil
	}
	end := min(start+searchPage, len(rows))
	out := map[string]any{"fieldMask": ""}
	if part := rows[min(start, end):end]; len(part) > 0 {
		out["results"] = part
	}
	if end < len(rows) {
		out["nextPageToken"] = strconv.Itoa(end)
	}
	return out, nil
}

// googleFields are what can be asked of each resource.
var googleFields = map[string][]string{
	"customer":              {"customer.id", "customer.descriptive_name", "customer.currency_code", "customer.time_zone"},
	"campaign":              {"campaign.id", "campaign.name", "campaign.status", "campaign.resource_name", "campaign.primary_status", "campaign.primary_status_reasons"},
	"campaign_budget":       {"campaign_budget.id", "campaign_budget.name", "campaign_budget.resource_name", "campaign_budget.status"},
	"ad_group":              {"ad_group.id", "ad_group.name", "ad_group.resource_name", "ad_group.status", "campaign.id"},
	"user_list":             {"user_list.id", "user_list.name", "user_list.resource_name", "user_list.membership_status"},
	"ad_group_criterion":    {"ad_group.id", "ad_group_criterion.resource_name", "ad_group_criterion.type", "ad_group_criterion.status", "ad_group_criterion.user_list.user_list", "ad_group_criterion.user_interest.user_interest_category"},
	"user_interest":         {"user_interest.user_interest_id", "user_interest.name", "user_interest.resource_name", "user_interest.taxonomy_type", "user_interest.launched_to_all"},
	"offline_user_data_job": {"offline_user_data_job.id", "offline_user_data_job.resource_name", "offline_user_data_job.external_id", "offline_user_data_job.status", "offline_user_data_job.failure_reason"},
	"campaign_criterion": {"campaign.id", "campaign_criterion.resource_name", "campaign_criterion.type", "campaign_criterion.status", "campaign_criterion.negative", "campaign_criterion.location.geo_target_constant", "campaign_criterion.language.language_constant", "campaign_criterion.user_list.user_list",
		"campaign_criterion.proximity.geo_point.longitude_in_micro_degrees", "campaign_criterion.proximity.geo_point.latitude_in_micro_degrees", "campaign_criterion.proximity.radius", "campaign_criterion.proximity.radius_units"},
	"ad_group_ad": {
		"campaign.id", "campaign.advertising_channel_type", "ad_group.id", "ad_group_ad.ad.id", "ad_group_ad.resource_name", "ad_group_ad.status", "ad_group_ad.ad.final_url_suffix",
		"ad_group_ad.policy_summary.approval_status", "ad_group_ad.policy_summary.review_status", "ad_group_ad.policy_summary.policy_topic_entries",
		"segments.date", "segments.hour", "segments.device", "customer.currency_code",
		"metrics.impressions", "metrics.clicks", "metrics.cost_micros", "metrics.conversions", "metrics.conversions_value",
	},
}

// records are all rows of a resource.
func (s *Sandbox) records(a *account, from string, conditions []condition) []record {
	kind := map[string]string{"user_list": "audience", "ad_group_criterion": "listed", "offline_user_data_job": "job", "campaign": "campaign", "campaign_budget": "budget", "ad_group": "ad_group", "campaign_criterion": "criterion", "ad_group_ad": "ad"}[from]
	if from == "customer" {
		return []record{{"customer.id": a.ID, "customer.descriptive_name": a.Name, "customer.currency_code": a.Currency, "customer.time_zone": a.Timezone}}
	}
	if from == "user_interest" {
		return googleInterests(a)
	}
	for _, c := range conditions {
		if from == "ad_group_ad" && c.field == "segments.date" {
			return s.deliveryRecords(a, c)
		}
	}
	var all []record
	for _, t := range s.things {
		if t.account == a && t.kind == kind && (kind != "audience" || t.text("status") != "REMOVED") {
			all = append(all, s.record(t, from))
		}
	}
	return all
}

func (s *Sandbox) record(t *thing, from string) record {
	rec := record{from + ".id": t.id, from + ".resource_name": t.resource(), from + ".name": t.fields["name"], from + ".status": t.fields["status"]}
	for p := t.parent; p != nil; p = p.parent {
		rec[p.kind+".id"] = p.id
	}
	switch t.kind {
	case "campaign":
		rec["campaign.primary_status"] = map[string]string{"ENABLED": "ELIGIBLE", "PAUSED": "PAUSED", "REMOVED": "REMOVED"}[t.text("status")]
	case "job":
		rec[from+".external_id"], rec[from+".status"] = t.fields["externalId"], s.jobStatus(t)
		if s.jobStatus(t) == "FAILED" {
			rec[from+".failure_reason"] = t.rejected
		}
	case "criterion", "listed":
		rec[from+".negative"] = t.fields["negative"] == true
		if v, ok := t.fields["userList"].(map[string]any); ok {
			rec[from+".type"], rec[from+".user_list.user_list"] = "USER_LIST", v["userList"]
		}
		if v, ok := t.fields["proximity"].(map[string]any); ok {
			point, _ := v["geoPoint"].(map[string]any)
			rec[from+".type"], rec[from+".proximity.radius"], rec[from+".proximity.radius_units"] = "PROXIMITY", v["radius"], v["radiusUnits"]
			for theirs, ours := range map[string]string{"longitudeInMicroDegrees": "longitude_in_micro_degrees", "latitudeInMicroDegrees": "latitude_in_micro_degrees"} {
				rec[from+".proximity.geo_point."+ours] = point[theirs]
			}
		}
		if v, ok := t.fields["userInterest"].(map[string]any); ok {
			rec[from+".type"], rec[from+".user_interest.user_interest_category"] = "USER_INTEREST", v["userInterestCategory"]
		}
		for _, part := range []struct{ field, member, kind string }{{"location", "geoTargetConstant", "LOCATION"}, {"language", "languageConstant", "LANGUAGE"}} {
			if v, ok := t.fields[part.field].(map[string]any); ok {
				rec[from+".type"] = part.kind
				rec[from+"."+part.field+"."+map[string]string{"location": "geo_target_constant", "language": "language_constant"}[part.field]] = v[part.member]
			}
		}
	case "ad":
		rec["ad_group_ad.ad.id"], rec["ad_group_ad.ad.final_url_suffix"] = t.id, t.fields["finalUrlSuffix"]
		rec["ad_group_ad.policy_summary.review_status"], rec["ad_group_ad.policy_summary.approval_status"] = "REVIEWED", "APPROVED"
		switch {
		case s.inReview(t):
			rec["ad_group_ad.policy_summary.review_status"], rec["ad_group_ad.policy_summary.approval_status"] = "REVIEW_IN_PROGRESS", "UNKNOWN"
		case t.rejected != "":
			rec["ad_group_ad.policy_summary.approval_status"] = "DISAPPROVED"
			rec["ad_group_ad.policy_summary.policy_topic_entries"] = []any{map[string]any{"topic": "MISLEADING_CONTENT", "type": "PROHIBITED"}}
		}
	}
	return rec
}

// deliveryRecords are an ad, hour and device each.
func (s *Sandbox) deliveryRecords(a *account, span condition) []record {
	var all []record
	from, err := localday.Parse(span.values[0])
	to, err2 := localday.Parse(span.values[len(span.values)-1])
	if err != nil || err2 != nil {
		return nil
	}
	for _, c := range s.things {
		if c.kind != "campaign" || c.account != a {
			continue
		}
		for _, key := range c.flight.between(from, to) {
			f, ad := c.flight.rows[key], s.byID[key.ad]
			all = append(all, record{
				"campaign.id": c.id, "campaign.advertising_channel_type": c.fields["advertisingChannelType"], "ad_group.id": ad.parent.id, "ad_group_ad.ad.id": ad.id, "customer.currency_code": a.Currency,
				"segments.date": key.day.String(), "segments.hour": key.hour, "segments.device": key.device,
				"metrics.impressions": strconv.FormatInt(f.Impressions, 10), "metrics.clicks": strconv.FormatInt(f.Clicks, 10),
				"metrics.cost_micros": strconv.FormatInt(f.Spend, 10), "metrics.conversions": float64(f.Conversions), "metrics.conversions_value": float64(f.Revenue) / money.Unit,
			})
		}
	}
	return all
}

func (s *Sandbox) distortGoogle(r *http.Request, row record) {
	switch s.due(r, HugeNumber, Negative, Currency) {
	case HugeNumber:
		row["metrics.impressions"] = strconv.FormatUint(math.MaxUint64, 10) + "000"
	case Negative:
		row["metrics.cost_micros"] = "-12500000"
	case Currency:
		row["customer.currency_code"] = "EUR"
	}
}

// nested is a row as JSON has it: names in camel case, one object within the
// other, and nothing for what is absent or zero, as protobufs leave it out.
func (r record) nested(fields []string) map[string]any {
	out := map[string]any{}
	for _, field := range fields {
		v := r[field]
		if v == nil || v == false || v == 0 || v == 0.0 {
			continue
		}
		at := out
		path := strings.Split(field, ".")
		for _, part := range path[:len(path)-1] {
			next, ok := at[camel(part)].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[camel(part)] = next
			}
			at = next
		}
		at[camel(path[len(path)-1])] = v
	}
	return out
}

func camel(snake string) string {
	parts := strings.Split(snake, "_")
	for i := 1; i < len(parts); i++ {
		parts[i] = strings.ToUpper(parts[i][:1]) + parts[i][1:]
	}
	return strings.Join(parts, "")
}

// condition is one of a WHERE clause.
type condition struct {
	field, operator string
	values          []string
}

var (
	conditionText = regexp.MustCompile(`^([\w.]+)\s*(=|!=|LIKE|BETWEEN|IN)\s*(.+)$`)
	valueText     = regexp.MustCompile(`'([^']*)'|(\d+)`)
	joinText      = regexp.MustCompile(`(?i)\s+AND\s+`)
)

func conditionsOf(where string) ([]condition, *googleError) {
	var all []condition
	if where == "" {
		return nil, nil
	}
	parts := joinText.Split(strings.TrimSpace(where), -1)
	for i := 0; i < len(parts); i++ {
		part := parts[i]
		if strings.Contains(part, " BETWEEN ") && i+1 < len(parts) {
			part += " AND " + parts[i+1]
			i++
		}
		m := conditionText.FindStringSubmatch(part)
		if m == nil {
			return nil, badArgument("queryError", "INVALID_VALUE_WITH_COMPARISON_OPERATOR", "Error in query: unexpected condition.")
		}
		c := condition{field: m[1], operator: m[2]}
		for _, v := range valueText.FindAllStringSubmatch(m[3], -1) {
			c.values = append(c.values, v[1]+v[2])
		}
		if len(c.values) == 0 {
			return nil, badArgument("queryError", "BAD_VALUE", "Error in query: a value is missing.")
		}
		all = append(all, c)
	}
	return all, nil
}

func (c condition) holds(v any) bool {
	value := text(v)
	switch c.operator {
	case "=":
		return value == c.values[0]
	case "!=":
		return value != c.values[0]
	case "LIKE":
		return strings.Contains(strings.ToLower(value), strings.ToLower(strings.Trim(c.values[0], "%")))
	case "IN":
		return slices.Contains(c.values, value)
	}
	return value >= c.values[0] && value <= c.values[1]
}

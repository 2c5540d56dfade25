package sandbox

import (
	"encoding/json"
	"slices"
	"strings"
)

// What can be mutated, with the fields that campaignd uses; others are refused
// as unknown. All of them are fields of the published protobufs, which a test
// module holds campaignd's own bodies to.
type (
	mutateRequest struct {
		MutateOperations    []operation `json:"mutateOperations"`
		PartialFailure      bool        `json:"partialFailure"`
		ValidateOnly        bool        `json:"validateOnly"`
		ResponseContentType string      `json:"responseContentType"`
	}
	adsRequest struct {
		Operations     []change[adGroupAd] `json:"operations"`
		PartialFailure bool                `json:"partialFailure"`
		ValidateOnly   bool                `json:"validateOnly"`
	}
	operation struct {
		Budget    *change[campaignBudget] `json:"campaignBudgetOperation"`
		Campaign  *change[campaign]       `json:"campaignOperation"`
		Criterion *change[criterion]      `json:"campaignCriterionOperation"`
		Group     *change[adGroup]        `json:"adGroupOperation"`
		Keyword   *change[keyword]        `json:"adGroupCriterionOperation"`
		Ad        *change[adGroupAd]      `json:"adGroupAdOperation"`
		List      *change[userList]       `json:"userListOperation"`
	}
	change[T any] struct {
		Create     *T     `json:"create"`
		Update     *T     `json:"update"`
		Remove     string `json:"remove"`
		UpdateMask string `json:"updateMask"`
	}
	campaignBudget struct {
		ResourceName      string `json:"resourceName,omitempty"`
		Name              string `json:"name,omitempty"`
		AmountMicros      string `json:"amountMicros,omitempty"`
		TotalAmountMicros string `json:"totalAmountMicros,omitempty"`
		Period            string `json:"period,omitempty"`
		DeliveryMethod    string `json:"deliveryMethod,omitempty"`
		ExplicitlyShared  *bool  `json:"explicitlyShared,omitempty"`
	}
	campaign struct {
		ResourceName            string          `json:"resourceName,omitempty"`
		Name                    string          `json:"name,omitempty"`
		Status                  string          `json:"status,omitempty"`
		AdvertisingChannelType  string          `json:"advertisingChannelType,omitempty"`
		CampaignBudget          string          `json:"campaignBudget,omitempty"`
		StartDateTime           string          `json:"startDateTime,omitempty"`
		EndDateTime             string          `json:"endDateTime,omitempty"`
		EuPolitical             string          `json:"containsEuPoliticalAdvertising,omitempty"`
		NetworkSettings         json.RawMessage `json:"networkSettings,omitempty"`
		ManualCpc               json.RawMessage `json:"manualCpc,omitempty"`
		ManualCpm               json.RawMessage `json:"manualCpm,omitempty"`
		TargetSpend             json.RawMessage `json:"targetSpend,omitempty"`
		MaximizeConversions     json.RawMessage `json:"maximizeConversions,omitempty"`
		MaximizeConversionValue json.RawMessage `json:"maximizeConversionValue,omitempty"`
	}
	criterion struct {
		Campaign  string          `json:"campaign,omitempty"`
		Negative  bool            `json:"negative,omitempty"`
		Location  *geoTarget      `json:"location,omitempty"`
		Language  *language       `json:"language,omitempty"`
		Proximity json.RawMessage `json:"proximity,omitempty"`
		UserList  *listInfo       `json:"userList,omitempty"`
	}
	geoTarget struct {
		GeoTargetConstant string `json:"geoTargetConstant"`
	}
	language struct {
		LanguageConstant string `json:"languageConstant"`
	}
	adGroup struct {
		ResourceName     string            `json:"resourceName,omitempty"`
		Name             string            `json:"name,omitempty"`
		Status           string            `json:"status,omitempty"`
		Campaign         string            `json:"campaign,omitempty"`
		Type             string            `json:"type,omitempty"`
		CpcBidMicros     string            `json:"cpcBidMicros,omitempty"`
		CpmBidMicros     string            `json:"cpmBidMicros,omitempty"`
		TargetingSetting *targetingSetting `json:"targetingSetting,omitempty"`
	}
	keyword struct {
		AdGroup string       `json:"adGroup,omitempty"`
		Status  string       `json:"status,omitempty"`
		Keyword *keywordInfo `json:"keyword,omitempty"`
		List    *listInfo    `json:"userList,omitempty"`

		Interest *interestInfo `json:"userInterest,omitempty"`
	}
	keywordInfo struct {
		Text      string `json:"text"`
		MatchType string `json:"matchType"`
	}
	adGroupAd struct {
		ResourceName string `json:"resourceName,omitempty"`
		AdGroup      string `json:"adGroup,omitempty"`
		Status       string `json:"status,omitempty"`
		Ad           *ad    `json:"ad,omitempty"`
	}
	ad struct {
		FinalURLs      []string            `json:"finalUrls,omitempty"`
		FinalURLSuffix string              `json:"finalUrlSuffix,omitempty"`
		Responsive     *responsiveSearchAd `json:"responsiveSearchAd,omitempty"`
		Display        *responsiveDisplay  `json:"responsiveDisplayAd,omitempty"`
	}
	responsiveSearchAd struct {
		Headlines    []adText `json:"headlines,omitempty"`
		Descriptions []adText `json:"descriptions,omitempty"`
	}
	adText struct {
		Text string `json:"text"`
	}
)

// mutate does all operations or none.
func (s *Sandbox) mutate(a *account, in mutateRequest) (body any, created bool, refused *googleError) {
	if in.PartialFailure || len(in.MutateOperations) == 0 {
		return nil, false, badArgument("mutateError", "OPERATION_DOES_NOT_SUPPORT_PARTIAL_FAILURE", "The sandbox does several kinds at once only whole, and at least one operation.")
	}
	m := &mutation{Sandbox: s, account: a, temporary: map[string]*thing{}, before: len(s.things)}
	var results []any
	for i, op := range in.MutateOperations {
		name, result, refused := m.one(op)
		if refused != nil {
			refused.index = i
			m.undo()
			return nil, false, refused
		}
		results = append(results, map[string]any{name: map[string]string{"resourceName": result}})
	}
	if in.ValidateOnly {
		m.undo()
		return map[string]any{}, false, nil
	}
	for _, apply := range m.later {
		apply()
	}
	return map[string]any{"mutateOperationResponses": results}, len(s.things) > m.before, nil
}

// mutation is operations under way; what changes existing things waits until all
// are known to be right.
type mutation struct {
	*Sandbox
	account   *account
	temporary map[string]*thing // by the negative ids of one request
	before    int
	later     []func()
}

func (m *mutation) undo() {
	for _, t := range m.things[m.before:] {
		delete(m.byID, t.id)
	}
	m.things = m.things[:m.before]
}

func (m *mutation) one(op operation) (name, resource string, refused *googleError) {
	switch {
	case op.Budget != nil:
		name = "campaignBudgetResult"
		resource, refused = alter(m, op.Budget, "budget", checkBudget)
	case op.Campaign != nil:
		name = "campaignResult"
		resource, refused = alter(m, op.Campaign, "campaign", m.checkCampaign)
	case op.Criterion != nil:
		name = "campaignCriterionResult"
		resource, refused = alter(m, op.Criterion, "criterion", m.checkCriterion)
	case op.Group != nil:
		name = "adGroupResult"
		resource, refused = alter(m, op.Group, "ad_group", checkGroup)
	case op.Keyword != nil:
		name = "adGroupCriterionResult"
		kind := "keyword"
		if c := op.Keyword.Create; c != nil && (c.List != nil || c.Interest != nil) {
			kind = "listed"
		}
		resource, refused = alter(m, op.Keyword, kind, m.checkKeyword)
	case op.List != nil:
		name = "userListResult"
		resource, refused = alter(m, op.List, "audience", checkList)
	case op.Ad != nil:
		name = "adGroupAdResult"
		resource, refused = alter(m, op.Ad, "ad", m.checkAd)
	default:
		refused = badArgument("mutateError", "OPERATION_NOT_PERMITTED", "The operation is empty.")
	}
	return name, resource, refused
}

// alter creates, updates or removes one thing.
func alter[T any](m *mutation, c *change[T], kind string, check func(T) *googleError) (string, *googleError) {
	switch {
	case c.Create != nil:
		if refused := check(*c.Create); refused != nil {
			return "", refused
		}
		return m.create(kind, fieldsOf(*c.Create))
	case c.Update != nil:
		fields := fieldsOf(*c.Update)
		t := m.find(text(fields["resourceName"]))
		if t == nil {
			return "", badArgument("mutateError", "RESOURCE_NOT_FOUND", "Resource was not found.")
		}
		if c.UpdateMask == "" {
			return "", badArgument("fieldMaskError", "FIELD_MASK_MISSING", "The field mask must be provided for update operations.")
		}
		for path := range strings.SplitSeq(c.UpdateMask, ",") {
			name, leaf, _ := strings.Cut(path, ".")
			if inner, ok := fields[name].(map[string]any); ok && leaf == "" && name != "manualCpm" { // which has none
				return "", badArgument("fieldMaskError", "FIELD_HAS_SUBFIELDS", "The field mask updated a field with subfields: '%s'. Fields with subfields may not be set directly: %v.", name, inner)
			}
			m.later = append(m.later, func() { t.set(name, fields[name]) })
		}
		return t.resource(), nil
	}
	t := m.find(c.Remove)
	if t == nil {
		return "", badArgument("mutateError", "RESOURCE_NOT_FOUND", "Resource was not found.")
	}
	m.later = append(m.later, func() { t.fields["status"] = "REMOVED" })
	return c.Remove, nil
}

// strategies are a campaign's bidding strategies, of which it has one.
var strategies = []string{"manualCpc", "manualCpm", "targetSpend", "maximizeConversions", "maximizeConversionValue"}

// set changes a field; a bidding strategy takes the place of another.
func (t *thing) set(name string, value any) {
	if slices.Contains(strategies, name) {
		for _, other := range strategies {
			delete(t.fields, other)
		}
	}
	t.fields[name] = value
}

func (m *mutation) find(resource string) *thing {
	if t := m.temporary[resource]; t != nil {
		return t
	}
	return m.named(resource)
}

// parents are the fields that name what a thing belongs to.
var parents = map[string]string{"ad_group": "campaign", "criterion": "campaign", "ad": "adGroup", "keyword": "adGroup", "listed": "adGroup"}

func (m *mutation) create(kind string, fields map[string]any) (string, *googleError) {
	var parent *thing
	if name := parents[kind]; name != "" {
		if parent = m.find(text(fields[name])); parent == nil {
			return "", badArgument("mutateError", "RESOURCE_NOT_FOUND", "Resource was not found: %s.", name)
		}
	}
	for _, t := range m.things {
		if slices.Contains([]string{"budget", "campaign", "ad_group", "audience"}, kind) && t.kind == kind && t.parent == parent && t.account == m.account && t.text("name") == text(fields["name"]) && t.text("status") != "REMOVED" {
			return "", badArgument(kind+"Error", "DUPLICATE_NAME", "The name is in use already.")
		}
	}
	if at, ok := fields["campaignBudget"].(string); ok {
		if b := m.find(at); b != nil {
			fields["campaignBudget"] = b.resource()
		}
	}
	if fields["status"] == nil {
		fields["status"] = "ENABLED"
	}
	if inner, ok := fields["ad"].(map[string]any); ok {
		fields["finalUrlSuffix"] = inner["finalUrlSuffix"]
		fields["name"] = firstHeadline(inner)
	}
	t := m.add(m.account, kind, parent, fields)
	if temporary := text(fields["resourceName"]); temporary != "" {
		m.temporary[temporary] = t
	}
	return t.resource(), nil
}

func firstHeadline(inner map[string]any) any {
	for _, form := range []string{"responsiveSearchAd", "responsiveDisplayAd"} {
		said, _ := inner[form].(map[string]any)
		if lines, ok := said["headlines"].([]any); ok && len(lines) > 0 {
			return lines[0].(map[string]any)["text"]
		}
	}
	return nil
}

// mutateAds does each operation by itself when partialFailure is set.
func (s *Sandbox) mutateAds(a *account, in adsRequest) (body any, created bool, refused *googleError) {
	m := &mutation{Sandbox: s, account: a, temporary: map[string]*thing{}, before: len(s.things)}
	results, failures := []any{}, []any{}
	for i := range in.Operations {
		resource, refused := alter(m, &in.Operations[i], "ad", m.checkAd)
		switch {
		case refused == nil:
			results = append(results, map[string]string{"resourceName": resource})
		case !in.PartialFailure:
			refused.index = i
			m.undo()
			return nil, false, refused
		default:
			refused.index = i
			results, failures = append(results, map[string]string{}), append(failures, refused.detail())
		}
	}
	for _, apply := range m.later {
		apply()
	}
	out := map[string]any{"results": results}
	if len(failures) > 0 {
		out["partialFailureError"] = map[string]any{
			"code": 3, "message": "Multiple errors in 'details'.",
			"details": []any{map[string]any{"@type": "type.googleapis.com/google.ads.googleads.v26.errors.GoogleAdsFailure", "errors": failures, "requestId": s.requestID()}},
		}
	}
	return out, len(s.things) > m.before, nil
}

func fieldsOf(v any) map[string]any {
	out := map[string]any{}
	raw, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		panic(err) // it was JSON a moment ago
	}
	return out
}

func text(v any) string { s, _ := v.(string); return s }

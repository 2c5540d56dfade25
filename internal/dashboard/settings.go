package dashboard

import "github.com/hexabuilders/campaignd/partners"

// settingsPages are the pages about what this partner is connected to.
var settingsPages = []struct {
	href, label string
	action      partners.Action
}{
	{"/settings/webhooks", "webhook.title", partners.ActionManageWebhooks},
	{"/settings/ad-accounts", "adaccount.title", partners.ActionManagePlatforms},
	{sourcesPath, "sources.title", partners.ActionRead},
	{"/settings/brokers", "broker.title", partners.ActionOperateBrokers},
	{jobsPath, "job.title", partners.ActionOperateBrokers},
}

// settingsTab leads to one of them.
type settingsTab struct {
	Href, Label string
	Current     bool
}

// settingsTabs are those that the visitor may see.
func (v *visit) settingsTabs(current string) (tabs []settingsTab) {
	for _, p := range settingsPages {
		if v.who.Can(p.action) {
			tabs = append(tabs, settingsTab{p.href, v.locale.T(p.label), p.href == current})
		}
	}
	return tabs
}

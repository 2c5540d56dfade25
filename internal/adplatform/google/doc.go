// Package google is a client for the part of the Google Ads API (REST and JSON)
// that campaigns need. It implements platforms.Connector.
//
// A campaign of ours is, there, a budget, a campaign with where it is shown, and
// one ad group with keywords, all made by one call that does everything or
// nothing; and an ad for each creative, made by a second call that keeps each
// ad's failure to itself. Audiences of ours are user lists of Customer Match, made
// before the campaign that is for them or spares them, and filled by jobs. Budget,
// campaign, ad group and lists have our reference in their names, ads in the
// suffix of their URLs.
//
// Money is micros in both directions, int64 is text in JSON, times are of the
// account's zone. Search campaigns, and display campaigns where the account has
// pictures: what other types need is not in a creative of ours.
//
// Sources: the reference of Google Ads API v26 (Campaign, CampaignBudget,
// AdGroup, AdGroupAd, UserList, OfflineUserDataJobService, GoogleAdsService) and
// its guide to errors. The version is a setting; a test module holds every body to
// the published protobufs.
package google

// Package meta is a client for the part of Meta's Marketing API (Graph) that
// campaigns need. It implements platforms.Connector.
//
// A campaign of ours is one campaign there, with the budget; one ad set, with
// whom it is for, when and at what bid; and an ad for each creative. Each has our
// reference in its name. Money goes out in the currency's minor units as Meta
// counts them and comes back as decimal text.
//
// Sources: the Marketing API reference for v26.0 of Campaign, Ad Set, Ad, Ad
// Account Insights, and "Error Codes". The version is a setting.
package meta

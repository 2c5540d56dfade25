package google

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/platforms"
)

var _ platforms.Catalog = (*Client)(nil)

// Interests implements platforms.Catalog with the segments of people who like
// something (affinity) and of those about to buy it (in-market).
func (c *Client) Interests(ctx context.Context, a platforms.Access, words string) (found []platforms.PlatformInterest, err error) {
	query := fmt.Sprintf("SELECT user_interest.user_interest_id, user_interest.name, user_interest.taxonomy_type FROM user_interest "+
		"WHERE user_interest.taxonomy_type IN ('AFFINITY', 'IN_MARKET') AND user_interest.name LIKE '%%%s%%'", plain(words))
	err = c.search(ctx, a, query, func(rows []row, _ string) error {
		for _, r := range rows {
			i := r.Interest
			found = append(found, platforms.PlatformInterest{ID: i.ID.String(), Name: i.Name, Path: strings.ToLower(strings.ReplaceAll(i.Taxonomy, "_", "-"))})
		}
		return nil
	})
	slices.SortStableFunc(found, func(a, b platforms.PlatformInterest) int { return len(a.Name) - len(b.Name) })
	return found[:min(len(found), 50)], err
}

// plain is a text without the signs that mean something in a query.
func plain(words string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" &-,", r) {
			return r
		}
		return '_' // any one character
	}, words)
}

// segments are the interests of an ad group. Google shows an ad to whoever is in
// one of the audiences of its group, so that interests beside lists would widen
// what the lists narrow: then they are not said.
func segments(a platforms.Access, d platforms.Draft) (all []object) {
	theirs, ok := a.Settings.InterestsOf(d)
	if !ok || forLists(d) || d.Category != campaigns.Ordinary {
		return nil
	}
	for _, i := range theirs {
		all = append(all, object{"status": "ENABLED", "userInterest": object{"userInterestCategory": "customers/" + a.External + "/userInterests/" + i.ID}})
	}
	return all
}

// forLists reports whether a campaign is for people of audiences that are kept
// here.
func forLists(d platforms.Draft) bool {
	return slices.ContainsFunc(d.Audiences, func(a platforms.Audience) bool { return !a.Excluded })
}

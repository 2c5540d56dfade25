package meta

import (
	"context"
	"net/url"
	"strings"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/platforms"
)

var _ platforms.Catalog = (*Client)(nil)

// Interests implements platforms.Catalog.
func (c *Client) Interests(ctx context.Context, a platforms.Access, words string) ([]platforms.PlatformInterest, error) {
	var page struct {
		Data []struct {
			ID   string   `json:"id"`
			Name string   `json:"name"`
			Path []string `json:"path"`
			Most int64    `json:"audience_size_upper_bound"`
		} `json:"data"`
	}
	query := url.Values{"q": {words}, "limit_type": {"interests"}, "limit": {"25"}}
	if _, err := c.get(ctx, a, "act_"+a.External+"/targetingsearch", query, &page); err != nil {
		return nil, err
	}
	found := make([]platforms.PlatformInterest, 0, len(page.Data))
	for _, i := range page.Data {
		found = append(found, platforms.PlatformInterest{ID: i.ID, Name: i.Name, Path: strings.Join(i.Path, " › "), People: i.Most})
	}
	return found, nil
}

// interests are whom an ad set is for, as Meta has them: anybody with one of them.
// A special category of advertising may not choose people so.
func interests(a platforms.Access, d platforms.Draft) (all []map[string]string) {
	theirs, ok := a.Settings.InterestsOf(d)
	if !ok || d.Category != campaigns.Ordinary {
		return nil
	}
	for _, i := range theirs {
		all = append(all, map[string]string{"id": i.ID, "name": i.Name})
	}
	return all
}

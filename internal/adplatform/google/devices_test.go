package google

import (
	"encoding/json"
	"testing"
)

// Rows are told apart by their device, so no two devices may have one word: the
// later row of an hour would overwrite the earlier.
func TestNoTwoDevicesHaveOneWord(t *testing.T) {
	seen := map[string]string{}
	for _, theirs := range []string{"MOBILE", "TABLET", "DESKTOP", "CONNECTED_TV", "OTHER", "UNKNOWN", "UNSPECIFIED", "WATCH"} {
		var r row
		text := `{"segments":{"date":"2026-05-01","hour":3,"device":"` + theirs + `"},"customer":{"currencyCode":"EUR"},"metrics":{"impressions":"1"}}`
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatal(err)
		}
		got, err := r.delivery()
		if err != nil {
			t.Fatal(err)
		}
		if other, twice := seen[got.Device]; twice {
			t.Errorf("%s and %s are both %q", theirs, other, got.Device)
		}
		seen[got.Device] = theirs
	}
}

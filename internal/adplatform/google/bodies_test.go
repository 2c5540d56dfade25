package google

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/campaigns"
	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/platforms"
	"github.com/hexabuilders/campaignd/targeting"
)

var update = flag.Bool("update", false, "write the bodies that protocheck holds to the protobufs")

// account is in Bogota, which is five hours behind.
func account(t *testing.T) platforms.Access {
	zone, err := time.LoadLocation("America/Bogota")
	if err != nil {
		t.Fatal(err)
	}
	return platforms.Access{External: "1234567890", Currency: "USD", Zone: zone, Settings: platforms.Settings{Website: "https://www.andes-outdoor.example/boots"}}
}

func draftOf(bid *targeting.BidStrategy, daily bool) platforms.Draft {
	return platforms.Draft{
		Name: "Boots · Ñandú", Description: "Boots that know the way, from the Andes to the sea.", Type: campaigns.Search, Objective: campaigns.Conversions,
		Status: campaigns.Active, Start: time.Date(2026, 6, 1, 5, 0, 0, 0, time.UTC), End: time.Date(2026, 7, 1, 4, 59, 59, 0, time.UTC),
		Budget: money.New(1_234_567_891, "USD"), Daily: daily,
		Targeting: targeting.Configuration{
			Locations: []targeting.Location{{Country: "CO"}, {Country: "PE", Point: &targeting.Point{Latitude: -12.0464, Longitude: -77.0428}, RadiusKM: 25.5}},
			Languages: []string{"es", "pt-BR"}, BidStrategy: bid,
			Exclusions: []targeting.Exclusion{{Criterion: targeting.ByCountry, Values: []string{"VE"}}},
		},
		Creatives: []campaigns.Creative{{Name: "Boots!", Format: "text", URL: "https://andes-outdoor.example/boots"}, {Name: "Backpacks 20 to 70 litres, for every mountain", Format: "image", URL: "https://cdn.example.com/a.png"}},
	}
}

func amount(units int64) *money.Money {
	m := money.New(units*money.Unit, "USD")
	return &m
}

// bodies are the requests of every kind that the client sends.
func bodies(t *testing.T) map[string]any {
	a := account(t)
	references := map[string]string{"budget": "cm-b", "campaign": "cm-c", "ad_group": "cm-g"}
	all := map[string]any{}
	for name, bid := range map[string]*targeting.BidStrategy{
		"none": nil, "manual_cpc": {Type: targeting.BidManualCPC, Amount: amount(2)}, "target_cpa": {Type: targeting.BidTargetCPA, Amount: amount(17)},
		"highest_value": {Type: targeting.BidHighestValue}, "bid_cap": {Type: targeting.BidCap, Amount: amount(3)},
	} {
		d := draftOf(bid, name == "manual_cpc")
		body, err := campaignBody(a, d, references, nil)
		if err != nil {
			t.Fatal(err)
		}
		all["googleAds.mutate.create_"+name] = body
		existing := map[string]string{"budget": "1", "campaign": "2", "ad_group": "3", "ad:Boots!": "3~4"}
		all["googleAds.mutate.change_"+name] = object{"mutateOperations": changes(a, d, existing, []platforms.Object{{Kind: "ad", External: "3~5"}, {Kind: "campaign", External: "6"}, {Kind: "budget", External: "7"}})}
	}
	shown := draftOf(nil, true)
	shown.Type = campaigns.Display
	pictures := a
	pictures.Settings.Landscape, pictures.Settings.Square = "8801", "8802"
	shown.Targeting.BidStrategy = &targeting.BidStrategy{Type: targeting.BidManualCPM, Amount: amount(4)}
	all["googleAds.mutate.change_manual_cpm"] = object{"mutateOperations": changes(pictures, shown, map[string]string{"campaign": "2", "ad_group": "3"}, nil)}
	display, err := campaignBody(pictures, shown, references, nil)
	if err != nil {
		t.Fatal(err)
	}
	banners, err := adsBody(pictures, shown, []platforms.Object{{Key: "ad:Boots!", Reference: "cm-1"}, {Key: "ad:" + shown.Creatives[1].Name, Reference: "cm-2"}}, "3")
	if err != nil {
		t.Fatal(err)
	}
	all["googleAds.mutate.create_display"], all["adGroupAds.mutate.create_display"] = display, banners
	addListBodies(t, a, references, all)
	addInterestBodies(t, a, references, all)
	d := draftOf(nil, false)
	ads, err := adsBody(a, d, []platforms.Object{{Key: "ad:Boots!", Reference: "cm-1"}, {Key: "ad:" + d.Creatives[1].Name, Reference: "cm-2"}}, "3")
	if err != nil {
		t.Fatal(err)
	}
	all["adGroupAds.mutate.create"] = ads
	all["googleAds.search.page"] = map[string]string{"query": "SELECT customer.id FROM customer", "pageToken": "CAE"}
	return all
}

// addListBodies adds the requests about people.
func addListBodies(t *testing.T, a platforms.Access, references map[string]string, all map[string]any) {
	d := draftOf(nil, false)
	wanted, spared := uuid.MustParse("01a2139c-e0bb-7426-a1eb-3eff9af7a36b"), uuid.MustParse("01a2139c-e0bb-7426-a1eb-3eff9af7a36c")
	d.Targeting.CustomAudiences = []string{wanted.String()}
	d.Targeting.Exclusions = append(d.Targeting.Exclusions, targeting.Exclusion{Criterion: targeting.ByAudience, Values: []string{spared.String()}})
	d.Audiences = []platforms.Audience{{ID: wanted, Name: "Customers"}, {ID: spared, Name: "Staff", Excluded: true}}
	existing := map[string]string{"ad_group": "3", d.Audiences[0].Key(): "31", d.Audiences[1].Key(): "32"}
	body, err := campaignBody(a, d, references, existing)
	if err != nil {
		t.Fatal(err)
	}
	in, out, err := lists(a, d, existing)
	if err != nil {
		t.Fatal(err)
	}
	moved := replace("campaignCriterionOperation", []criterion{{"customers/1/campaignCriteria/2~3", "gone"}}, out, object{"campaign": resource(a, "campaign", "2")})
	moved = append(moved, replace("adGroupCriterionOperation", nil, in, object{"adGroup": resource(a, "ad_group", "3")})...)
	all["googleAds.mutate.create_audiences"], all["googleAds.mutate.change_audiences"] = body, object{"mutateOperations": append(changes(a, d, existing, nil), moved...)}
	all["googleAds.mutate.list"] = listBody(d, platforms.Object{Name: "Customers", Reference: "cm-a"})
	all["googleAds.mutate.list_removed"] = object{"mutateOperations": []object{{"userListOperation": object{"remove": resource(a, "audience", "31")}}}}
	all["offlineUserDataJobs.create.consented"] = jobBody(resource(a, "audience", "31"), platforms.Filling{Session: 1_780_000_000_000_000, Consented: true})
	all["offlineUserDataJobs.create.plain"] = jobBody(resource(a, "audience", "31"), platforms.Filling{Session: 1_780_000_000_000_000})
	members := []platforms.Member{{Email: strings.Repeat("a", 64)}, {Phone: strings.Repeat("b", 64)}, {Email: strings.Repeat("c", 64), Phone: strings.Repeat("d", 64)}}
	all["offlineUserDataJobs.addOperations.replace"], all["offlineUserDataJobs.run.it"] = operationsBody(members, true), object{}
}

// addInterestBodies adds those of a campaign for people who like something.
func addInterestBodies(t *testing.T, a platforms.Access, references map[string]string, all map[string]any) {
	d := draftOf(nil, false)
	d.Targeting.Interests = []string{"410"}
	a.Settings.Interests = map[string]platforms.PlatformInterest{"410": {ID: "80432", Name: "Climbing"}}
	body, err := campaignBody(a, d, references, nil)
	if err != nil {
		t.Fatal(err)
	}
	there := []criterion{{"customers/1/adGroupCriteria/3~4", "gone"}}
	moved := replace("adGroupCriterionOperation", there, segments(a, d), object{"adGroup": resource(a, "ad_group", "3")})
	all["googleAds.mutate.create_interests"] = body
	all["googleAds.mutate.change_interests"] = object{"mutateOperations": append(changes(a, d, map[string]string{"ad_group": "3"}, nil), moved...)}
}

// The bodies under testdata are those that the client sends; protocheck holds
// them to the published protobufs.
func TestBodiesAreWritten(t *testing.T) {
	for name, body := range bodies(t) {
		text, err := json.MarshalIndent(body, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", name+".json")
		if *update {
			if err := os.WriteFile(path, append(text, '\n'), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if kept, err := os.ReadFile(path); err != nil || string(kept) != string(text)+"\n" {
			t.Errorf("%s is not what is sent: %v; go test -run Bodies -update writes it", path, err)
		}
	}
}

func TestMoneyIsWholeUnitsOfTheCurrency(t *testing.T) {
	for m, want := range map[money.Money]string{
		money.New(1_234_567_891, "USD"): "1234560000", money.New(1_234_567_891, "JPY"): "1234000000", money.New(1_234_567_891, "KWD"): "1234567000", money.New(9_999, "USD"): "0",
	} {
		if got := micros(m); got != want {
			t.Errorf("%s: %s, want %s", m, got, want)
		}
	}
}

// Whatever a creative is called, its ad has three headlines and two descriptions
// that differ, as the API wants them.
func TestAdsHaveTextsThatDiffer(t *testing.T) {
	for _, name := range []string{"x", "Trail", "www.andes-outdoor.example", "A very long name of a creative that no headline has room for"} {
		d := platforms.Draft{Name: name, Description: name}
		body := adBody(account(t), d, campaigns.Creative{Name: name, Format: "image"}, "cm-1")["responsiveSearchAd"].(object)
		for list, atLeast := range map[string]int{"headlines": 3, "descriptions": 2} {
			seen := map[string]bool{}
			for _, line := range body[list].([]object) {
				seen[line["text"].(string)] = true
			}
			if len(seen) < atLeast {
				t.Errorf("%q has the %s %v", name, list, seen)
			}
		}
	}
}

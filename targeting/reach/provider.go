package reach

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/hexabuilders/campaignd/targeting"
)

// Provider is a source of shares: a file, a data company's service. What it does
// not know it leaves out.
type Provider interface {
	// Name is what the provider is called in answers and logs.
	Name() string
	// Shares answers what it knows of what is wanted. An error means that it knows
	// nothing now; an estimate is then made without it, and says so.
	Shares(ctx context.Context, ask Ask) (Supply, error)
}

// Ask is what an estimate would like to know.
type Ask struct {
	Countries []string
	AgeRange  *targeting.AgeRange
	Genders   []targeting.Gender
	Wanted    []Wanted
}

// Wanted is one value of a criterion.
type Wanted struct {
	Criterion targeting.Criterion `json:"criterion"`
	Value     string              `json:"value"`
}

// Supply is what a provider says. Source is for people: who measured what, when.
type Supply struct {
	Source     string
	Shares     []Assumed
	ValidUntil time.Time // zero when it does not say
}

// File is the built-in provider: a file of defaults.
type File struct{ Defaults Defaults }

// Name implements Provider.
func (File) Name() string { return "file" }

// Shares implements Provider: the file has a share for everything but
// languages, which it tells apart by how they stand in a country.
func (f File) Shares(_ context.Context, ask Ask) (Supply, error) {
	supply := Supply{Source: f.Defaults.Source}
	for _, w := range ask.Wanted {
		if w.Criterion != targeting.ByLanguage {
			supply.Shares = append(supply.Shares, Assumed{w.Criterion, w.Value, f.Defaults.of(w.Criterion, w.Value), f.Defaults.sourceOf(w.Criterion)})
		}
	}
	return supply, nil
}

// wanted are the values of a configuration whose shares are not counted.
func wanted(c targeting.Configuration) []Wanted {
	var all []Wanted
	add := func(by targeting.Criterion, values ...string) {
		for _, v := range values {
			if w := (Wanted{by, v}); v != "" && by != targeting.ByGender && by != targeting.ByCountry && !slices.Contains(all, w) {
				all = append(all, w)
			}
		}
	}
	for _, l := range c.Locations {
		add(targeting.ByRegion, l.Region)
		add(targeting.ByCity, l.City)
		add(targeting.ByPostalCode, l.PostalCode)
	}
	for _, l := range c.Lists() {
		add(l.Criterion, l.Values...)
	}
	for _, x := range c.Exclusions {
		add(x.Criterion, x.Values...)
	}
	return all
}

// supply asks the providers in their order for what those before did not know,
// and nobody about the audiences kept here. A share that is none is left out.
func supply(ctx context.Context, providers []Provider, c targeting.Configuration, own map[key]Assumed, here kept) (map[key]Assumed, []string) {
	found, silent := map[key]Assumed{}, []string(nil)
	open := slices.DeleteFunc(wanted(c), func(w Wanted) bool {
		_, set := own[key{w.Criterion, w.Value}]
		_, counted := here[w.Value]
		return set || counted
	})
	for _, p := range providers {
		if len(open) == 0 {
			break
		}
		answer, err := p.Shares(ctx, Ask{Countries: countriesOf(c), AgeRange: c.AgeRange, Genders: c.Genders, Wanted: open})
		if err != nil {
			silent = append(silent, p.Name())
			continue
		}
		for _, a := range answer.Shares {
			w := Wanted{a.Criterion, a.Value}
			if at := slices.Index(open, w); at >= 0 && a.valid() {
				if a.Source = strings.TrimSpace(a.Source); a.Source == "" {
					a.Source = answer.Source
				}
				found[key{w.Criterion, w.Value}] = a
				open = slices.Delete(open, at, at+1)
			}
		}
	}
	return found, silent
}

package reach

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/hexabuilders/campaignd/targeting"
)

//go:embed facts/population_2025.csv
var populationFile string

//go:embed facts/countries.csv
var countriesFile string

// Year is the year that the population is of.
const Year = 2025

const maxAge = 100 // and over

// country is what is known of one.
type country struct {
	region       string
	languages    []string // the most spoken first
	internet     float64  // share of individuals who use it
	internetYear int      // 0: taken from its region
	people       [2][maxAge + 1]int64
}

const (
	male = iota
	female
)

// world reads the facts once. They are part of the program, so that they cannot
// be read is a mistake in the program.
var world = sync.OnceValue(func() map[string]*country {
	w, err := readWorld(populationFile, countriesFile)
	if err != nil {
		panic(err)
	}
	return w
})

func readWorld(population, countries string) (map[string]*country, error) {
	w := map[string]*country{}
	rows, err := csv.NewReader(strings.NewReader(countries)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("countries: %w", err)
	}
	byRegion := map[string][]float64{}
	for _, row := range rows[1:] {
		c := &country{region: row[3], languages: strings.Split(row[5], ",")}
		if percent, err := strconv.ParseFloat(row[6], 64); err == nil && percent > 0 { // four are reported as 0, which says that nobody asked
			c.internet = percent / 100
			c.internetYear, _ = strconv.Atoi(row[7])
			byRegion[c.region] = append(byRegion[c.region], c.internet)
			byRegion[""] = append(byRegion[""], c.internet)
		}
		w[row[0]] = c
	}
	for _, c := range w {
		if c.internetYear == 0 {
			c.internet = median(byRegion[c.region], byRegion[""])
		}
	}
	if rows, err = csv.NewReader(strings.NewReader(population)).ReadAll(); err != nil {
		return nil, fmt.Errorf("population: %w", err)
	}
	for _, row := range rows[1:] {
		var n [3]int64
		for i, cell := range row[1:4] {
			if n[i], err = strconv.ParseInt(cell, 10, 64); err != nil {
				return nil, fmt.Errorf("population of %s: %w", row[0], err)
			}
		}
		c := w[row[0]]
		if c == nil {
			c = &country{internet: median(nil, byRegion[""])}
			w[row[0]] = c
		}
		if n[0] < 0 || n[0] > maxAge {
			return nil, fmt.Errorf("population of %s: age %d", row[0], n[0])
		}
		c.people[male][n[0]], c.people[female][n[0]] = n[1], n[2]
	}
	return w, nil
}

func median(values, otherwise []float64) float64 {
	if len(values) == 0 {
		values = otherwise
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// count is how many people of an age range and of some genders live there. A
// gender that is not known is not counted apart in a census: who asks for it
// alone is answered with nobody.
func (c *country) count(ages *targeting.AgeRange, genders []targeting.Gender) (n int64) {
	from, to := targeting.MinAge, maxAge
	if ages != nil {
		from = ages.Min
		if !ages.Open() {
			to = min(ages.Max, maxAge)
		}
	}
	for g, name := range []targeting.Gender{"male", "female"} {
		if len(genders) > 0 && !slices.Contains(genders, name) {
			continue
		}
		for age := from; age <= to; age++ {
			n += c.people[g][age]
		}
	}
	return n
}

// World is how many people the facts hold, of every age.
func World() (n int64) {
	for _, c := range world() {
		for g := range c.people {
			for _, people := range &c.people[g] {
				n += people
			}
		}
	}
	return n
}

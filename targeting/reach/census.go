package reach

// People are who lives in a country.
type People struct {
	Total, Female int64
	Ages          []int64 // by year, from 0; the last one is 100 and over
}

// PeopleOf is the population of a country, by its ISO 3166-1 alpha-2 code.
func PeopleOf(code string) (p People, ok bool) {
	c := world()[code]
	if c == nil {
		return People{}, false
	}
	p.Ages = make([]int64, maxAge+1)
	for age := range p.Ages {
		p.Ages[age] = c.people[male][age] + c.people[female][age]
		p.Total += p.Ages[age]
		p.Female += c.people[female][age]
	}
	return p, p.Total > 0
}

package lookalike

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
)

// census makes people like those of a census: words and numbers that depend on
// each other, gaps, rare words, spikes of capital gain, and a label that comes
// from all of it with interactions. It returns the file and, since the chance
// of each label is known here, the best AUC that anybody could reach on it.
type census struct {
	text   string
	people []judged // the true log-odds and the label
	rows   [][]string
}

func (c census) best() float64 { return auc(c.people).Value }

var schools = []string{"Preschool", "5th-6th", "9th", "11th", "HS-grad", "Some-college", "Assoc-voc", "Bachelors", "Masters", "Doctorate"}
var schoolYears = []int{1, 3, 5, 7, 9, 10, 11, 13, 14, 16}
var jobs = []string{"Adm-clerical", "Craft-repair", "Exec-managerial", "Farming-fishing", "Handlers-cleaners", "Machine-op-inspct", "Other-service", "Prof-specialty", "Protective-serv", "Sales", "Tech-support"}
var jobWorth = []float64{-0.2, 0, 0.9, -1, -0.9, -0.5, -1.1, 0.6, 0.5, 0.3, 0.5}
var places = []string{"United-States", "Mexico", "Philippines", "Germany", "Canada", "India", "El-Salvador", "Cuba", "England", "Jamaica"}

const censusHeader = "age, workclass, weight, education, education-num, marital, occupation, relationship, sex, capital-gain, capital-loss, hours, country, income"

func newCensus(n int, seed uint64) census {
	r := rand.New(rand.NewPCG(seed, 99))
	var c census
	var b strings.Builder
	b.WriteString(censusHeader + "\n")
	for range n {
		cells, odds := person(r)
		y, label := 0.0, "<=50K"
		if r.Float64() < sigmoid(odds) {
			y, label = 1, ">50K"
		}
		c.people = append(c.people, judged{score: odds, y: y})
		c.rows = append(c.rows, cells)
		b.WriteString(strings.Join(append(cells, label), ", ") + "\n")
	}
	c.text = b.String()
	return c
}

func person(r *rand.Rand) (cells []string, odds float64) {
	age := 17 + int(math.Abs(r.NormFloat64())*16+r.Float64()*12)
	school := min(max(int(5.2+r.NormFloat64()*1.9), 0), 9)
	married := r.Float64() < 0.6*(1-math.Exp(-float64(age-16)/9))
	male := r.Float64() < 0.67
	job := (school*2 + r.IntN(9)) % len(jobs)
	hours := max(1, 40+int(r.NormFloat64()*11)*r.IntN(2))
	gain, loss := 0, 0
	switch x := r.Float64(); {
	case x < 0.03:
		gain = []int{7298, 7688, 15024, 99999, 5178}[r.IntN(5)]
	case x < 0.08:
		gain = 100 + r.IntN(6500)
	case x < 0.12:
		loss = 1300 + r.IntN(1100)
	}
	curve := -math.Pow((float64(age)-50)/17, 2)
	odds = -3.1 + 1.1*curve + 0.33*float64(schoolYears[school]-9) + jobWorth[job]
	if married {
		odds += 2.6
		if school >= 7 {
			odds += 0.7
		}
	} else if hours > 50 && job == 2 {
		odds += 1.5
	}
	odds += 0.9 * math.Tanh(float64(hours-40)/10)
	switch {
	case gain > 5100:
		odds += 5
	case gain > 0:
		odds -= 1.2
	case loss > 1800 && loss < 2000:
		odds += 2.5
	}
	if (age < 38) == (school >= 6) {
		odds -= 1.6
	} else {
		odds += 0.6
	}
	marital, relationship, sex := "Never-married", "Not-in-family", "Female"
	if male {
		sex = "Male"
	}
	if married {
		marital, relationship = "Married-civ-spouse", "Wife"
		if male {
			relationship = "Husband"
		}
	}
	work := []string{"Private", "Private", "Private", "Self-emp-inc", "Federal-gov", "?"}[r.IntN(6)]
	if work == "Self-emp-inc" {
		odds += 0.8
	}
	occupation := jobs[job]
	if r.Float64() < 0.06 {
		occupation = "?"
	}
	place := places[min(int(r.ExpFloat64()*1.2), len(places)-1)]
	number := func(v int) string { return fmt.Sprint(v) }
	return []string{number(age), work, number(12285 + r.IntN(1_400_000)), schools[school], number(schoolYears[school]), marital, occupation,
		relationship, sex, number(gain), number(loss), number(hours), place}, odds
}

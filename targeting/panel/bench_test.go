//go:build unix

package panel

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/hexabuilders/campaignd/targeting"
)

// million is a panel of a million people, made once for the benchmarks.
func million(b *testing.B) ([]person, *Index) {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	people := make([]person, 1_000_000)
	lessons, names := newLessons(""), []string{}
	for _, title := range []string{"country", "age", "sex", "occupation", "hours-per-year", "income"} {
		c, err := lessons.column(title)
		must(b, err)
		names = append(names, c.Name)
	}
	var packed [][]byte
	blk := &block{}
	for i := range people {
		p := somebody(r, false)
		people[i] = p
		age := ""
		if p.age >= 0 {
			age = itoa(p.age)
		}
		blk.add(names, []string{p.country, age, p.gender, p.occupation, itoa(p.hours), p.income}, p.weight)
		if blk.full() || i == len(people)-1 {
			must(b, lessons.take(blk))
			packed = append(packed, blk.encode())
			blk = &block{}
		}
	}
	var s State
	lessons.into(&s)
	built := newBuilder(s)
	for _, p := range packed {
		must(b, built.add(p))
	}
	return people, built.done()
}

// BenchmarkCount counts a configuration of nine criteria in a million people,
// beside a scan of the same rows in memory.
func BenchmarkCount(b *testing.B) {
	people, ix := million(b)
	low, high := 300.0, 1700.0
	q := Question{
		Configuration: targeting.Configuration{
			Locations: []targeting.Location{{Country: "US"}, {Country: "PE"}}, AgeRange: &targeting.AgeRange{Min: 18, Max: 60}, Genders: []targeting.Gender{"female", "unknown"},
			Exclusions: []targeting.Exclusion{{Criterion: targeting.ByGender, Values: []string{"male"}}},
		},
		Attributes:        map[string]Match{"occupation": {Values: jobs[:3]}, "income": {Values: incomes}, "hours-per-year": {Min: &low, Max: &high}},
		ExcludeAttributes: map[string]Match{"occupation": {Values: jobs[2:3]}},
	}
	c, err := ix.Count(q)
	must(b, err)
	if want := scan(people, q); c.Hit.Weight != want.Weight {
		b.Fatalf("%+v, a scan %+v", c.Hit, want)
	}
	b.Run("index", func(b *testing.B) {
		cpu := processor()
		for b.Loop() {
			_, _ = ix.Count(q)
		}
		b.ReportMetric(float64(ix.size)/float64(len(people)), "bytes/row")
		b.ReportMetric(float64((processor()-cpu).Microseconds())/float64(b.N)/1000, "cpu-ms/op")
	})
	b.Run("scan", func(b *testing.B) {
		cpu := processor()
		for b.Loop() {
			scan(people, q)
		}
		b.ReportMetric(float64((processor()-cpu).Microseconds())/float64(b.N)/1000, "cpu-ms/op")
	})
}

// processor is the processor time of this process.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

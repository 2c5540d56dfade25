package segment

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/targeting/audience"
)

// holds judges one person by a rule as its documentation says it: the other way
// to the answer, without blocks and marks.
func (v *village) holds(r Rule, person uint32) bool {
	match := func(r Rule) bool { return v.holds(r, person) }
	k := v.known[person]
	switch {
	case r.All != nil:
		return !slices.ContainsFunc(r.All, func(r Rule) bool { return !match(r) })
	case r.Any != nil:
		return slices.ContainsFunc(r.Any, match)
	case r.Not != nil:
		return !match(*r.Not)
	case r.Audience != uuid.Nil:
		return v.lists[r.Audience].Contains(person)
	case r.Attribute != "":
		return attributeHolds(r, k.values[r.Attribute])
	}
	return behaviorHolds(r, k.days, audience.DayOf(v.now))
}

func attributeHolds(r Rule, value string) bool {
	if value == "" {
		return r.Known != nil && !*r.Known && r.In == nil && r.Min == nil && r.Max == nil
	}
	if r.Known != nil && !*r.Known || r.In != nil && !slices.Contains(r.In, value) {
		return false
	}
	if r.Min == nil && r.Max == nil {
		return true
	}
	micros, err := money.ParseMicros(value)
	return err == nil && between(r, micros)
}

func behaviorHolds(r Rule, days []audience.Day, today int32) bool {
	var visits, purchases, value, visited, bought int64 = 0, 0, 0, -1, -1
	for _, d := range days {
		ago := int64(today - d.Day)
		if r.WindowDays > 0 && ago >= int64(r.WindowDays) {
			continue
		}
		visits, purchases, value = visits+int64(d.Visits), purchases+int64(d.Purchases), value+d.Value
		if d.Visits > 0 {
			visited = ago
		}
		if d.Purchases > 0 {
			bought = ago
		}
	}
	switch r.Behavior {
	case Visits:
		return between(r, visits*money.Unit)
	case Purchases:
		return between(r, purchases*money.Unit)
	case PurchaseValue:
		return between(r, value)
	case LastVisit:
		return visited >= 0 && between(r, visited*money.Unit)
	}
	return bought >= 0 && between(r, bought*money.Unit)
}

func between(r Rule, micros int64) bool {
	return (r.Min == nil || int64(*r.Min) <= micros) && (r.Max == nil || micros <= int64(*r.Max))
}

// picks counts, one by one, those of a list, or everybody, for whom a rule holds.
func (v *village) picks(base uuid.UUID, r Rule) *roaring.Bitmap {
	from, found := v.everyone, roaring.New()
	if base != uuid.Nil {
		from = v.lists[base]
	}
	for it := from.Iterator(); it.HasNext(); {
		if person := it.Next(); v.holds(r, person) {
			found.Add(person)
		}
	}
	return found
}

func drawPerson(t *rapid.T) uint32 {
	return uint32(rapid.IntRange(0, blocks-1).Draw(t, "block")*audience.BlockPeople + rapid.IntRange(0, perBlock-1).Draw(t, "slot"))
}

func drawKnown(t *rapid.T, today int32) known {
	k := known{values: map[string]string{}}
	if age := rapid.IntRange(17, 24).Draw(t, "age"); age > 17 {
		k.values["age"] = Number(age * money.Unit).String()
	}
	k.values["city"] = rapid.SampledFrom([]string{"", "Lima", "Quito"}).Draw(t, "city")
	ago := rapid.SliceOfNDistinct(rapid.Int32Range(0, 6), 0, 3, rapid.ID).Draw(t, "days ago")
	slices.Sort(ago)
	slices.Reverse(ago)
	for _, n := range ago {
		k.days = append(k.days, audience.Day{
			Day: today - n, Visits: uint32(rapid.IntRange(0, 2).Draw(t, "visits")),
			Purchases: uint32(rapid.IntRange(0, 2).Draw(t, "purchases")), Value: int64(rapid.IntRange(0, 3).Draw(t, "value")) * money.Unit,
		})
	}
	return k
}

func drawBounds(t *rapid.T, r *Rule, least, most int) {
	low := rapid.IntRange(least, most).Draw(t, "low")
	high := rapid.IntRange(low, most).Draw(t, "high")
	lowest, highest := Number(low*money.Unit), Number(high*money.Unit)
	switch rapid.IntRange(0, 2).Draw(t, "bounds") {
	case 0:
		r.Min = &lowest
	case 1:
		r.Max = &highest
	default:
		r.Min, r.Max = &lowest, &highest
	}
}

func drawRule(t *rapid.T, depth int) (r Rule) {
	kinds := []string{"word", "number", "known", "behavior", "behavior", "audience"}
	if depth > 0 {
		kinds = append(kinds, "all", "all", "any", "not")
	}
	switch kind := rapid.SampledFrom(kinds).Draw(t, "kind"); kind {
	case "word":
		r.Attribute, r.In = "city", []string{rapid.SampledFrom([]string{"Lima", "Quito", "Cali"}).Draw(t, "is")}
	case "number":
		r.Attribute = rapid.SampledFrom(attributes).Draw(t, "of")
		drawBounds(t, &r, 18, 24)
	case "known":
		is := rapid.Bool().Draw(t, "is known")
		r.Attribute, r.Known = rapid.SampledFrom(attributes).Draw(t, "of"), &is
	case "behavior":
		r.Behavior, r.WindowDays = rapid.SampledFrom(Behaviors).Draw(t, "behavior"), rapid.IntRange(0, 5).Draw(t, "window")
		drawBounds(t, &r, 0, 5)
	case "audience":
		r.Audience = uuid.UUID{byte(rapid.IntRange(1, 2).Draw(t, "audience"))}
	case "not":
		inner := drawRule(t, depth-1)
		r.Not = &inner
	default:
		parts := make([]Rule, rapid.IntRange(1, 3).Draw(t, "parts"))
		for i := range parts {
			parts[i] = drawRule(t, depth-1)
		}
		if r.Any = parts; kind == "all" {
			r.All, r.Any = parts, nil
		}
	}
	return r
}

// step changes something about the people.
func (v *village) step(t *rapid.T) {
	person := drawPerson(t)
	switch rapid.IntRange(0, 5).Draw(t, "what happens") {
	case 0, 1:
		v.learn(person, drawKnown(t, audience.DayOf(v.now)))
	case 2:
		v.forget(person)
	case 3:
		if v.everyone.Contains(person) {
			v.lists[uuid.UUID{1}].Add(person)
		}
	case 4:
		v.lists[uuid.UUID{2}].Remove(person)
	default:
		v.now = v.now.AddDate(0, 0, 1)
	}
}

func (v *village) settle(t *rapid.T) {
	for range rapid.IntRange(0, blocks*perBlock).Draw(t, "people") {
		person := drawPerson(t)
		v.learn(person, drawKnown(t, audience.DayOf(v.now)))
		if rapid.Bool().Draw(t, "in the second list") {
			v.lists[uuid.UUID{2}].Add(person)
		}
	}
}

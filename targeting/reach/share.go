package reach

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"

	"github.com/hexabuilders/campaignd/targeting"
	"github.com/hexabuilders/campaignd/targeting/taxonomy"
)

// Share is a part of the people, with the range that holds it in 80 of 100
// cases.
type Share struct {
	Mid  float64 `json:"share"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

var all = Share{1, 1, 1}

// valid refuses what is no share.
func (s Share) valid() bool {
	return s.Low > 0 && s.Low <= s.Mid && s.Mid <= s.High && s.High <= 1 // NaN fails
}

// width is the deviation of the share's logarithm.
func (s Share) width() float64 {
	if s.High <= s.Low {
		return 0
	}
	return math.Log(s.High/math.Max(s.Low, s.High/1000)) / (2 * z90)
}

const z90 = 1.2815515655446004 // the normal quantile of 0.9

// either is the share of people to whom one or the other applies, taken as
// independent of each other.
func (s Share) either(o Share) Share {
	join := func(a, b float64) float64 { return 1 - (1-a)*(1-b) }
	return Share{join(s.Mid, o.Mid), join(s.Low, o.Low), join(s.High, o.High)}
}

// without is the share of people to whom it does not apply. Nobody is left
// where it applies to all.
func (s Share) without() Share { return Share{1 - s.Mid, 1 - s.High, 1 - s.Low} }

// Defaults are the shares that no data is at hand for. Zero values of a file
// are refused rather than taken for nobody.
type Defaults struct {
	Source         string                                   `json:"source"`
	Sources        map[targeting.Criterion]string           `json:"sources"` // of criteria that rest on something else
	Interest       ByDepth                                  `json:"interest"`
	PurchaseIntent ByDepth                                  `json:"purchase_intent"`
	Shares         map[targeting.Criterion]map[string]Share `json:"shares"` // by value; "*" is any other
}

// ByDepth are shares by how deep in the taxonomy an interest lies; the last one
// holds for what lies deeper.
type ByDepth struct {
	Shares []Share `json:"by_depth"`
}

//go:embed facts/defaults.json
var defaultsFile []byte

// Standard are the defaults that the product comes with.
func Standard() Defaults {
	d, err := ReadDefaults(defaultsFile)
	if err != nil {
		panic(err) // the file is part of the program
	}
	return d
}

// ReadDefaults reads a file of shares in the form of facts/defaults.json.
func ReadDefaults(text []byte) (Defaults, error) {
	var d Defaults
	if err := json.Unmarshal(text, &d); err != nil {
		return d, fmt.Errorf("reach: defaults: %w", err)
	}
	if len(d.Interest.Shares) == 0 || len(d.PurchaseIntent.Shares) == 0 {
		return d, fmt.Errorf("reach: defaults: interest and purchase_intent need by_depth")
	}
	for _, s := range append(append([]Share(nil), d.Interest.Shares...), d.PurchaseIntent.Shares...) {
		if !s.valid() {
			return d, fmt.Errorf("reach: defaults: %+v is no share; 0 < low <= share <= high <= 1", s)
		}
	}
	if d.Shares[MatchRate] == nil { // a file from before audiences were counted
		d.take(MatchRate, Standard())
	}
	for criterion, values := range d.Shares {
		for value, s := range values {
			if !s.valid() {
				return d, fmt.Errorf("reach: defaults: %s %s: %+v is no share; 0 < low <= share <= high <= 1", criterion, value, s)
			}
		}
	}
	return d, nil
}

// take has a criterion's shares from other defaults.
func (d *Defaults) take(by targeting.Criterion, from Defaults) {
	if d.Shares == nil {
		d.Shares = map[targeting.Criterion]map[string]Share{}
	}
	if d.Sources == nil {
		d.Sources = map[targeting.Criterion]string{}
	}
	d.Shares[by], d.Sources[by] = from.Shares[by], from.sourceOf(by)
}

// sourceOf is what the shares of a criterion rest on.
func (d Defaults) sourceOf(by targeting.Criterion) string {
	if source, ok := d.Sources[by]; ok {
		return source
	}
	return d.Source
}

func (b ByDepth) at(depth int) Share { return b.Shares[min(max(depth, 1), len(b.Shares))-1] }

// of is the share of one value of a criterion.
func (d Defaults) of(by targeting.Criterion, value string) Share {
	if by == targeting.ByInterest {
		return d.interest(value)
	}
	if s, ok := d.Shares[by][value]; ok {
		return s
	}
	if s, ok := d.Shares[by]["*"]; ok {
		return s
	}
	return Share{0.1, 0.01, 0.5} // a vocabulary that the file has no word for
}

func (d Defaults) interest(id string) Share {
	intent, depth := depthOf(id)
	switch {
	case depth == 0: // an interest that the taxonomy no longer has
		return d.Interest.at(len(d.Interest.Shares))
	case intent:
		return d.PurchaseIntent.at(depth)
	}
	return d.Interest.at(depth)
}

// depthOf is how deep an interest lies in the taxonomy, 0 for one it does not
// have, and whether it is about what people mean to buy.
func depthOf(id string) (intent bool, depth int) {
	node, ok := taxonomy.Get(id)
	if !ok {
		return false, 0
	}
	return node.Path[0] != "Interest", max(1, len(node.Path)-1)
}

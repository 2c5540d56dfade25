package mix

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hexabuilders/campaignd/optimization/response"
)

func TestRead(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       File
	}{
		{
			"days out of order, one missing, an empty spend and an empty result",
			"date,search,social,conversions\n2026-03-04,4,,9\n2026-03-01,1,2,3\n2026-03-02, 5 ,6,\n",
			File{History: response.History{
				Channels: []string{"search", "social"},
				Spend:    [][]float64{{1, 5, 0, 4}, {2, 6, 0, 0}}, Result: []float64{3, math.NaN(), math.NaN(), 9},
			}, Daily: true},
		},
		{
			"weeks", "week,a,y\n2026-03-02,1,2\n2026-03-09,3,4\n2026-03-16,5,6\n",
			File{History: response.History{Channels: []string{"a"}, Spend: [][]float64{{1, 3, 5}}, Result: []float64{2, 4, 6}}},
		},
		{
			"periods by number", "period,a,y\n1,1,2\n2,3,4\n",
			File{History: response.History{Channels: []string{"a"}, Spend: [][]float64{{1, 3}}, Result: []float64{2, 4}}, Daily: true},
		},
	} {
		got, err := Read(strings.NewReader(c.text))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if diff := cmp.Diff(c.want, got, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":                 "",
		"no channel":              "date,y\n2026-03-01,1\n",
		"a channel twice":         "date,a,a,y\n2026-03-01,1,1,1\n",
		"a negative spend":        "date,a,y\n2026-03-01,-1,1\n",
		"a word":                  "date,a,y\n2026-03-01,much,1\n",
		"not a number":            "date,a,y\n2026-03-01,NaN,1\n",
		"without end":             "date,a,y\n2026-03-01,1,Inf\n",
		"a day twice":             "date,a,y\n2026-03-01,1,1\n2026-03-01,2,2\n",
		"a row that is too short": "date,a,y\n2026-03-01,1\n",
	} {
		if _, err := Read(strings.NewReader(text)); !errors.Is(err, ErrFile) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What can be read has a spend for each channel and period, and no amount that
// is not one.
func FuzzRead(f *testing.F) {
	f.Add("date,search,social,conversions\n2026-03-04,4,,9\n2026-03-01,1,2,3\n")
	f.Add("\ufeffweek,\"a,b\",y\n2026/03/02,1e3,2\n")
	f.Add("date,a,y\n0001-01-01,1,1\n9999-12-31,1,1\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Read(strings.NewReader(text))
		if err != nil {
			return
		}
		if len(file.Spend) != len(file.Channels) {
			t.Fatalf("%d spends of %d channels", len(file.Spend), len(file.Channels))
		}
		for _, spend := range file.Spend {
			if len(spend) != len(file.Result) {
				t.Fatalf("%d spends in %d periods", len(spend), len(file.Result))
			}
			for _, x := range spend {
				if !(x >= 0) || math.IsInf(x, 0) {
					t.Fatalf("a spend of %g", x)
				}
			}
		}
	})
}

func TestNothingToDivideIsRefused(t *testing.T) {
	for _, total := range []int64{0, -5} {
		if _, err := Recommend(File{}, total, 1); !errors.Is(err, ErrTotal) {
			t.Errorf("%d: %v", total, err)
		}
	}
}

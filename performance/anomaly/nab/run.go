package nab

import (
	"context"
	"io/fs"

	"github.com/hexabuilders/campaignd/performance/anomaly"
)

// Run scores the built-in detector, with its built-in threshold, on a corpus
// (os.DirFS of its folder). Each series is a stream of its own: the detector
// sees its values in order and nothing else.
func Run(ctx context.Context, corpus fs.FS) (Report, error) {
	all, err := read(ctx, corpus)
	if err != nil {
		return Report{}, err
	}
	results := make([]scored, 0, len(all))
	for _, s := range all {
		if err := ctx.Err(); err != nil {
			return Report{}, err
		}
		results = append(results, scored{s, detect(s)})
	}
	return report(results, anomaly.Threshold), nil
}

// detect is the detector's score of every row. A row that it does not judge
// has none.
func detect(s series) []float64 {
	d := anomaly.New(anomaly.Options{})
	scores := make([]float64, len(s.values))
	for i, v := range s.values {
		scores[i] = d.Observe(anomaly.Observation{At: s.at[i], Value: v}).Score
	}
	return scores
}

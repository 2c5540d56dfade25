package forecast

import "math"

// SMAPE is the symmetric mean absolute percentage error of M4 in percent:
// 200 mean |y-f| / (|y|+|f|), 0 to 200; a zero forecast of a zero counts as 0.
// Missing actuals (NaN) are left out; with none left it is NaN.
func SMAPE(actual, forecast []float64) float64 {
	return meanOver(actual, func(i int) float64 {
		size := math.Abs(actual[i]) + math.Abs(forecast[i])
		if size == 0 {
			return 0
		}
		return 200 * math.Abs(actual[i]-forecast[i]) / size
	})
}

// MAE is the mean absolute error; missing actuals are left out.
func MAE(actual, forecast []float64) float64 {
	return meanOver(actual, func(i int) float64 { return math.Abs(actual[i] - forecast[i]) })
}

// MASE is the mean absolute scaled error of Hyndman and Koehler (2006):
// MAE / Scale(train, season). It is NaN when the scale is 0 or unknown.
func MASE(train, actual, forecast []float64, season int) float64 {
	scale := Scale(train, season)
	if scale == 0 {
		return math.NaN()
	}
	return MAE(actual, forecast) / scale
}

// Scale is how far a training series moves in one season, mean |y_t - y_{t-m}|:
// the error of the seasonal naive method inside it.
func Scale(train []float64, season int) float64 {
	if len(train) <= season {
		return math.NaN()
	}
	return meanOver(train[season:], func(i int) float64 { return math.Abs(train[i+season] - train[i]) })
}

// OWA is M4's overall weighted average: the mean of sMAPE and MASE, each
// relative to the same measure of Naive2.
func OWA(smape, mase, naive2SMAPE, naive2MASE float64) float64 {
	return (smape/naive2SMAPE + mase/naive2MASE) / 2
}

// meanOver averages term over the indices whose actual value is known and
// whose term can be computed.
func meanOver(actual []float64, term func(i int) float64) float64 {
	sum, n := 0.0, 0
	for i := range actual {
		if v := term(i); !math.IsNaN(v) {
			sum, n = sum+v, n+1
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}

package performance

import "slices"

// The causes that a restatement may state.
const (
	CauseLateConversion     = "late_conversion"     // attributed to a day that was over
	CauseInvalidTraffic     = "invalid_traffic"     // taken back: bots, fraud
	CausePlatformAdjustment = "platform_adjustment" // the platform corrected its own figures
	CauseRefund             = "refund"              // money given back
	CauseCorrection         = "correction"          // the sender had it wrong
	CauseCurrencyCorrection = "currency_correction" // converted at another rate
	CauseOther              = "other"               // the reference says what
)

// Causes are all of them. The list is closed, so that causes can be counted.
var Causes = []string{
	CauseLateConversion, CauseInvalidTraffic, CausePlatformAdjustment, CauseRefund,
	CauseCorrection, CauseCurrencyCorrection, CauseOther,
}

// The causes of changes that state none.
const (
	CauseLate     = "late"     // recorded when its local day was over
	CauseDelivery = "delivery" // recorded while its local day ran: no restatement
)

// KnownCause reports whether a restatement may state it.
func KnownCause(cause string) bool { return slices.Contains(Causes, cause) }

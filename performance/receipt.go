package performance

import "time"

// Rejection is one event that was refused, by its place in the request.
type Rejection struct {
	Index  int    `json:"index"` // counts from 0
	Code   string `json:"code"`  // stable, one of the constants below
	Detail string `json:"detail"`
}

// The codes of rejections.
const (
	CodeMalformed        = "malformed"          // the line or row cannot be read
	CodeUnknownField     = "unknown_field"      //
	CodeDuplicateField   = "duplicate_field"    //
	CodeRequired         = "required"           //
	CodeWrongType        = "wrong_type"         //
	CodeNotFinite        = "not_finite"         // NaN or infinity
	CodeOutOfRange       = "out_of_range"       //
	CodeTooLong          = "too_long"           //
	CodeBadText          = "invalid_utf8"       //
	CodeBadTime          = "invalid_time"       //
	CodeBadID            = "invalid_id"         //
	CodeBadMoney         = "invalid_money"      // includes JSON numbers
	CodeInFuture         = "in_future"          // more than 5 minutes
	CodeCampaignNotFound = "campaign_not_found" // or another partner's
	CodeCurrencyMismatch = "currency_mismatch"  //
	CodeIDReused         = "event_id_reused"    // same id, other content
	CodeNegativeTotal    = "negative_total"     // would take away more than was ever counted
	CodeUnknownCause     = "unknown_cause"      // of a restatement
	CodeTotalTooLarge    = "total_too_large"    // the campaign's total would leave int64
)

// MaxRejections bounds the list in a Receipt; the rest is only counted.
const MaxRejections = 1000

// Receipt says what became of a request's events once they are durable.
type Receipt struct {
	Accepted   int         // counted now
	Duplicates int         // counted before
	Refused    int         // all that were refused
	Rejected   []Rejection // the first MaxRejections of them, by index
	RecordedAt time.Time   // of the commit; zero when nothing was accepted
	Seq        int64       // of its performance.metrics_updated event; 0 then too
}

// Reject notes one refused event.
func (r *Receipt) Reject(rejected ...Rejection) {
	r.Refused += len(rejected)
	if room := MaxRejections - len(r.Rejected); len(rejected) > room {
		rejected = rejected[:room]
	}
	r.Rejected = append(r.Rejected, rejected...)
}

// Add joins the receipt of the next part of one stream, whose first event had
// index offset.
func (r *Receipt) Add(next Receipt, offset int) {
	r.Accepted += next.Accepted
	r.Duplicates += next.Duplicates
	hidden := next.Refused - len(next.Rejected)
	for _, x := range next.Rejected {
		x.Index += offset
		r.Reject(x)
	}
	r.Refused += hidden
	if next.Seq > 0 {
		r.RecordedAt, r.Seq = next.RecordedAt, next.Seq
	}
}

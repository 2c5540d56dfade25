package wire

import (
	"errors"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/money"
	"github.com/hexabuilders/campaignd/performance"
)

// Every format has the same fields with the same rules, which stand here.

const (
	eventFields  = "event_id, campaign_id, occurred_at, channel, source, ad, creative, audience, country, device, currency, correlation_id, restates, metrics, custom, metadata"
	tableFields  = "event_id, campaign_id, occurred_at, channel, source, ad, creative, audience, country, device, currency, correlation_id, restates_cause, restates_reference, metadata"
	metricFields = "impressions, clicks, conversions, leads, spend, revenue, reach, brand_lift, quality_score"
)

// setText sets the field of a fact that is text. known is false for a field
// that is not text or that does not exist.
func setText(e *performance.Event, field, value string) (bad *problem, known bool) {
	switch field {
	case "event_id":
		e.ID = value
		return eventID(value), true
	case "campaign_id":
		return campaignID(e, value), true
	case "occurred_at":
		return occurredAt(e, value), true
	case "currency":
		e.Currency = value
		return tooLong(field, value, performance.MaxTextBytes), true
	case "correlation_id":
		e.CorrelationID = value
		return tooLong(field, value, performance.MaxTextBytes), true
	case "restates_cause":
		e.Cause = value
		return cause(value), true
	case "restates_reference":
		e.Reference = value
		return tooLong(field, value, performance.MaxTextBytes), true
	}
	if dimension := dimension(&e.Dimensions, field); dimension != nil {
		*dimension = value
		return tooLong(field, value, performance.MaxTextBytes), true
	}
	return nil, false
}

func dimension(d *performance.Dimensions, field string) *string {
	switch field {
	case "channel":
		return &d.Channel
	case "source":
		return &d.Source
	case "ad":
		return &d.Ad
	case "creative":
		return &d.Creative
	case "audience":
		return &d.Audience
	case "country":
		return &d.Country
	case "device":
		return &d.Device
	}
	return nil
}

// cause reads why a fact restates others.
func cause(value string) *problem {
	if performance.KnownCause(value) {
		return nil
	}
	return refuse(performance.CodeUnknownCause, "restates.cause %s is not a cause; allowed are %s.", quote(value), strings.Join(performance.Causes, ", "))
}

func tooLong(field, value string, limit int) *problem {
	if len(value) <= limit {
		return nil
	}
	return refuse(performance.CodeTooLong, "%s has %d bytes; at most %d are allowed.", field, len(value), limit)
}

func eventID(value string) *problem {
	if value == "" {
		return refuse(performance.CodeRequired, "event_id is empty; give every event an id of its own, so that sending it again counts once.")
	}
	return tooLong("event_id", value, performance.MaxIDBytes)
}

func campaignID(e *performance.Event, value string) *problem {
	if len(value) == 36 {
		if id, err := uuid.Parse(value); err == nil {
			e.Campaign = id
			return nil
		}
	}
	return refuse(performance.CodeBadID, "campaign_id %s is not a UUID such as 01970e3c-8c1b-7c3e-9d2a-5b1f0c6d7e8f.", quote(value))
}

func occurredAt(e *performance.Event, value string) *problem {
	at, ok := parseTime(value)
	if !ok {
		return refuse(performance.CodeBadTime, "occurred_at %s is not an RFC 3339 time with its offset, such as 2026-03-01T12:00:00Z.", quote(value))
	}
	e.OccurredAt = at
	return nil
}

// setMetric sets a metric from the text of its value. A number's text and a
// string's text are told apart by the caller, which knows what may be which.
func setMetric(e *performance.Event, m performance.Metric, text string) *problem {
	var value int64
	var bad *problem
	limit := int64(performance.MaxCount)
	if m.IsDecimal() {
		limit = performance.MaxMoney
		value, bad = decimal(m.String(), text)
	} else {
		value, bad = count(m.String(), text)
	}
	if bad == nil && (value > limit || value < -limit) {
		bad = outOfRange(m.String(), text)
	}
	e.Set(m, value)
	return bad
}

func outOfRange(field, text string) *problem {
	return refuse(performance.CodeOutOfRange, "%s %s is too large for one event; counts go to 1000000000000 and amounts to 1000000000, either sign.", field, excerpt(text))
}

// count reads a whole number.
func count(field, text string) (int64, *problem) {
	value, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err == nil && text[0] != '+':
		return value, nil
	case errors.Is(err, strconv.ErrRange):
		return 0, outOfRange(field, text)
	}
	return 0, refuse(performance.CodeWrongType, "%s must be a whole number such as 120, and this is %s.", field, excerpt(text))
}

// decimal reads a decimal of at most 6 places into micros.
func decimal(field, text string) (int64, *problem) {
	value, err := money.ParseMicros(text)
	switch {
	case err == nil:
		return value, nil
	case errors.Is(err, money.ErrOverflow):
		return 0, outOfRange(field, text)
	case errors.Is(err, money.ErrTooPrecise):
		return 0, refuse(performance.CodeBadMoney, "%s %s has more than 6 decimals, which is finer than can be held.", field, excerpt(text))
	}
	return 0, refuse(performance.CodeBadMoney, "%s %s is not a plain decimal such as 1.23, without exponent, sign + or separators.", field, excerpt(text))
}

// addCustom adds one named value.
func addCustom(e *performance.Event, name, text string) *problem {
	switch {
	case name == "" || len(name) > performance.MaxNameBytes:
		return refuse(performance.CodeTooLong, "The name of a custom value must have 1 to %d bytes; %s does not.", performance.MaxNameBytes, quote(name))
	case len(e.Custom) == performance.MaxCustom:
		return refuse(performance.CodeTooLong, "An event may carry at most %d custom values.", performance.MaxCustom)
	}
	value, bad := decimal("custom."+name, text)
	if bad == nil && (value > performance.MaxMoney || value < -performance.MaxMoney) {
		bad = outOfRange("custom."+name, text)
	}
	return orElse(bad, insertCustom(e, name, value))
}

// insertCustom keeps the values in the order of their names.
func insertCustom(e *performance.Event, name string, value int64) *problem {
	i := len(e.Custom)
	for i > 0 && e.Custom[i-1].Name >= name {
		i--
	}
	if i < len(e.Custom) && e.Custom[i].Name == name {
		return duplicate("custom." + name)
	}
	e.Custom = append(e.Custom, performance.Custom{})
	copy(e.Custom[i+1:], e.Custom[i:])
	e.Custom[i] = performance.Custom{Name: name, Value: value}
	return nil
}

// complete checks that nothing is missing from a fact that has been read.
func complete(e *performance.Event, timed bool) *problem {
	switch {
	case e.ID == "":
		return eventID("")
	case e.Campaign == uuid.Nil:
		return refuse(performance.CodeRequired, "campaign_id is missing; name the campaign that delivered this.")
	case !timed:
		return refuse(performance.CodeRequired, "occurred_at is missing; say when this happened, such as 2026-03-01T12:00:00Z.")
	case e.Cause == "" && e.Reference != "":
		return noCause()
	case e.Present == 0 && len(e.Custom) == 0:
		return refuse(performance.CodeRequired, "metrics is missing or empty; give at least one of %s, or a custom value.", metricFields)
	}
	return nil
}

func noCause() *problem {
	return refuse(performance.CodeRequired, "restates has no cause; say why with one of %s, or leave restates out.", strings.Join(performance.Causes, ", "))
}

func duplicate(field string) *problem {
	return refuse(performance.CodeDuplicateField, "%s is given twice; keep one.", quote(field))
}

func unknown(field, allowed string) *problem {
	return refuse(performance.CodeUnknownField, "%s is not a field; allowed are %s.", quote(field), allowed)
}

func badText(field string) *problem {
	return refuse(performance.CodeBadText, "%s is not valid UTF-8 text.", field)
}

func orElse(first, second *problem) *problem {
	if first != nil {
		return first
	}
	return second
}

// quote shows a sender's text in an answer, without the length or the bytes
// that could do harm there.
func quote(text string) string { return strconv.Quote(excerpt(text)) }

func excerpt(text string) string {
	const most = 48
	if len(text) > most {
		text = text[:most] + "..."
	}
	return strings.ToValidUTF8(text, "?")
}

package wire

import (
	"github.com/hexabuilders/campaignd/performance"
)

// jsonEvent reads the object that comes next into e. A fact that breaks a rule
// is a problem and the scanner stands behind it; text that is not JSON is an
// error.
func (s *scanner) jsonEvent(e *performance.Event) (*problem, error) {
	start := s.pos
	r := eventReader{scanner: s, event: e}
	bad, err := r.read()
	if bad == nil && err == nil {
		return complete(e, r.has(fieldOccurredAt)), nil
	}
	// Pass over the whole value, whatever was read of it so far.
	s.pos, s.notFinite = start, false
	if skipErr := s.skip(0); skipErr != nil {
		return nil, skipErr
	}
	if s.notFinite {
		bad = refuse(performance.CodeNotFinite, "The event holds NaN or Infinity, which is no number; leave a field out when it has no value.")
	}
	return bad, err
}

// The fields of an event, for telling one that is given twice. 0 is no field.
// A switch is several times faster here than a map.
func fieldBit(name string) uint32 {
	switch name {
	case "event_id":
		return 1 << 0
	case "campaign_id":
		return 1 << 1
	case "occurred_at":
		return fieldOccurredAt
	case "channel":
		return 1 << 3
	case "source":
		return 1 << 4
	case "ad":
		return 1 << 5
	case "creative":
		return 1 << 6
	case "audience":
		return 1 << 7
	case "country":
		return 1 << 8
	case "device":
		return 1 << 9
	case "currency":
		return 1 << 10
	case "correlation_id":
		return 1 << 11
	case "metrics":
		return 1 << 12
	case "custom":
		return 1 << 13
	case "metadata":
		return 1 << 14
	case "restates":
		return 1 << 15
	}
	return 0
}

const fieldOccurredAt = 1 << 2

// eventReader reads one event.
type eventReader struct {
	*scanner
	event *performance.Event
	seen  uint32
}

func (r *eventReader) has(bit uint32) bool { return r.seen&bit != 0 }

func (r *eventReader) read() (*problem, error) {
	if r.peek() != '{' {
		return r.wrongType("An event", "an object"), nil
	}
	r.pos++
	for first := true; ; first = false {
		ok, err := r.more('}', first)
		if err != nil || !ok {
			return nil, err
		}
		name, err := r.key()
		if err != nil {
			return nil, err
		}
		bit := fieldBit(name)
		if bit == 0 {
			return unknown(name, eventFields), nil
		}
		if r.has(bit) {
			return duplicate(name), nil
		}
		if r.null() {
			continue // as if it were not there
		}
		r.seen |= bit
		if bad, err := r.field(name); bad != nil || err != nil {
			return bad, err
		}
	}
}

func (r *eventReader) field(name string) (*problem, error) {
	switch name {
	case "metrics":
		return r.members(name, r.metric)
	case "custom":
		return r.members(name, r.custom)
	case "metadata":
		return r.metadata()
	case "restates":
		bad, err := r.members(name, r.restates)
		if bad == nil && err == nil && r.event.Cause == "" {
			bad = noCause()
		}
		return bad, err
	}
	return r.textField(name, name)
}

// textField reads a field that is text under the name that it has in CSV.
func (r *eventReader) textField(name, column string) (*problem, error) {
	if r.peek() != '"' {
		return r.wrongType(name, "a string"), nil
	}
	value, bad, err := r.str()
	if err != nil {
		return nil, err
	}
	if bad {
		return badText(name), nil
	}
	problem, _ := setText(r.event, column, value)
	return problem, nil
}

// restates reads why a fact restates others, and where that is told.
func (r *eventReader) restates(name string) (*problem, error) {
	known := map[string]string{"cause": r.event.Cause, "reference": r.event.Reference}
	before, ok := known[name]
	switch {
	case !ok:
		return unknown("restates."+name, "cause, reference"), nil
	case before != "":
		return duplicate("restates." + name), nil
	}
	return r.textField("restates."+name, "restates_"+name)
}

// members reads an object whose members the function takes.
func (r *eventReader) members(field string, member func(name string) (*problem, error)) (*problem, error) {
	if r.peek() != '{' {
		return r.wrongType(field, "an object"), nil
	}
	r.pos++
	for first := true; ; first = false {
		ok, err := r.more('}', first)
		if err != nil || !ok {
			return nil, err
		}
		name, err := r.key()
		if err != nil {
			return nil, err
		}
		if r.null() {
			continue
		}
		if bad, err := member(name); bad != nil || err != nil {
			return bad, err
		}
	}
}

func (r *eventReader) metric(name string) (*problem, error) {
	m, ok := performance.MetricNamed(name)
	if !ok {
		return unknown("metrics."+name, metricFields+"; anything else belongs in custom"), nil
	}
	if r.event.Present.Has(m) {
		return duplicate("metrics." + name), nil
	}
	text, bad, err := r.value(name, m.IsMoney(), m.IsDecimal())
	if bad != nil || err != nil {
		return bad, err
	}
	return setMetric(r.event, m, text), nil
}

func (r *eventReader) custom(name string) (*problem, error) {
	if r.badText && !validText(name) {
		return badText("The name of a custom value"), nil
	}
	text, bad, err := r.value("custom."+name, false, true)
	if bad != nil || err != nil {
		return bad, err
	}
	return addCustom(r.event, name, text), nil
}

// value reads the text of a number, or of a string where decimals are allowed.
// Money must be a string: what a program holds as a float has lost cents before
// it is written.
func (r *eventReader) value(field string, money, decimals bool) (string, *problem, error) {
	switch c := r.peek(); {
	case c == '"' && decimals:
		text, _, err := r.str()
		return text, nil, err
	case (c == '-' && !r.infinite() || c-'0' <= 9) && money:
		return "", refuse(performance.CodeBadMoney, `%s must be a decimal string such as "1.23"; a JSON number loses cents on its way through floating point.`, field), nil
	case c == '-' && !r.infinite() || c-'0' <= 9:
		text, whole, err := r.number()
		if err == nil && !whole && !decimals {
			return "", refuse(performance.CodeWrongType, "%s must be a whole number such as 120, and this is %s.", field, excerpt(text)), nil
		}
		return text, nil, err
	case decimals:
		return "", r.wrongType(field, `a decimal such as "1.23"`), nil
	}
	return "", r.wrongType(field, "a whole number such as 120"), nil
}

func (r *eventReader) infinite() bool {
	return r.pos+1 < len(r.text) && r.text[r.pos+1] == 'I'
}

// metadata keeps the object as it was written.
func (r *eventReader) metadata() (*problem, error) {
	if r.peek() != '{' {
		return r.wrongType("metadata", "an object"), nil
	}
	start := r.pos
	if err := r.skip(1); err != nil {
		return nil, err
	}
	text := r.text[start:r.pos]
	switch {
	case r.notFinite:
		return refuse(performance.CodeNotFinite, "metadata holds NaN or Infinity, which is not JSON."), nil
	case r.badText && !validText(text):
		return badText("metadata"), nil
	}
	r.event.Metadata = text
	return tooLong("metadata", text, performance.MaxMetadataBytes), nil
}

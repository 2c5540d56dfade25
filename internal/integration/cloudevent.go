package integration

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/hexabuilders/campaignd/fault"
)

// The media types of a CloudEvent in structured mode.
const (
	MediaCloudEvent = "application/cloudevents+json"
	MediaJSON       = "application/json"
)

// MaxBody is the longest message that is read, in bytes.
const MaxBody = 1 << 20

// CloudEvent is an event in the terms of CloudEvents 1.0.
type CloudEvent struct {
	ID, Source, Type string
	Subject          string
	Time             time.Time // zero: not given
	Sequence         string    // the extension attribute of this name
	Data             json.RawMessage
}

// ErrCloudEvent is a message that is no CloudEvent.
var ErrCloudEvent = fault.New(fault.Malformed, "invalid_cloudevent", "The message is not a CloudEvent 1.0 in structured mode.",
	"Send a JSON object with specversion \"1.0\", id, source, type and data; cloudevents.io describes the format.")

// ParseCloudEvent reads one event in structured mode. Extension attributes that
// are not known here are left out, after their names and values were checked.
func ParseCloudEvent(body []byte) (CloudEvent, error) {
	var e CloudEvent
	if len(body) > MaxBody {
		return e, ErrCloudEvent.With("The message has %d bytes; at most %d are read.", len(body), MaxBody)
	}
	if !utf8.Valid(body) {
		return e, ErrCloudEvent.With("The message is not UTF-8.")
	}
	attributes := map[string]json.RawMessage{}
	if err := json.Unmarshal(body, &attributes); err != nil || attributes == nil {
		return e, ErrCloudEvent.With("The message is not a JSON object.").Wrap(err)
	}
	var wrong fault.Fields
	if text(&wrong, attributes, "specversion", true) != "1.0" && len(wrong) == 0 {
		wrong.Add("specversion", "not_allowed", "This version of CloudEvents is not known.", "1.0")
	}
	e.ID, e.Source, e.Type = text(&wrong, attributes, "id", true), text(&wrong, attributes, "source", true), text(&wrong, attributes, "type", true)
	e.Subject = text(&wrong, attributes, "subject", false)
	if at := text(&wrong, attributes, "time", false); at != "" {
		var err error
		if e.Time, err = time.Parse(time.RFC3339Nano, at); err != nil || e.Time.Year() < 1970 || e.Time.Year() > 9999 {
			wrong.Add("time", "invalid_time", "This is not a time.", "RFC 3339, as 2026-03-02T12:00:00Z")
		}
		e.Time = e.Time.UTC().Truncate(time.Microsecond)
	}
	checkAttributes(&wrong, attributes)
	e.Sequence = sequence(attributes)
	e.Data = data(&wrong, attributes)
	if len(wrong) > 0 {
		return CloudEvent{}, ErrCloudEvent.WithFields(wrong...)
	}
	return e, nil
}

const mostText = 2048 // characters of one attribute

// text is an attribute that has to be a string.
func text(wrong *fault.Fields, attributes map[string]json.RawMessage, name string, required bool) string {
	raw, given := attributes[name]
	if !given || string(raw) == "null" {
		if required {
			wrong.Add(name, "required", "It is missing.", "")
		}
		return ""
	}
	var value string
	switch err := json.Unmarshal(raw, &value); {
	case err != nil:
		wrong.Add(name, "wrong_type", "It is not text.", "")
	case value == "":
		wrong.Add(name, "required", "It must not be empty.", "")
	case utf8.RuneCountInString(value) > mostText:
		wrong.Add(name, "too_long", "It is too long.", fmt.Sprintf("at most %d characters", mostText))
	}
	return value
}

// checkAttributes holds extension attributes to the rules for their names and
// types: lower-case letters and digits; text, a number or a boolean.
func checkAttributes(wrong *fault.Fields, attributes map[string]json.RawMessage) {
	for name, raw := range attributes {
		if name == "data" || name == "data_base64" {
			continue
		}
		if !attributeName(name) {
			wrong.Add(printable(name), "invalid_name", "This cannot be the name of an attribute.", "lower-case letters and digits")
			continue
		}
		if c := bytes.TrimSpace(raw); len(c) > 0 && (c[0] == '{' || c[0] == '[') {
			wrong.Add(name, "wrong_type", "An attribute is text, a number or a boolean; what belongs together is data.", "")
		}
	}
}

func attributeName(name string) bool {
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return name != "" && len(name) <= 100
}

// printable is a name from outside, short enough to be answered.
func printable(name string) string {
	if len(name) > 50 {
		name = name[:50]
	}
	return strconv.QuoteToASCII(name)
}

// sequence is the extension attribute, which senders give as text or number.
func sequence(attributes map[string]json.RawMessage) string {
	raw := attributes["sequence"]
	var value string
	if json.Unmarshal(raw, &value) != nil {
		return string(raw)
	}
	return value
}

// data is the event's content as JSON, from either of the two members.
func data(wrong *fault.Fields, attributes map[string]json.RawMessage) json.RawMessage {
	raw, plain := attributes["data"]
	coded, binary := attributes["data_base64"]
	switch {
	case plain && binary:
		wrong.Add("data_base64", "duplicate_field", "There is data already.", "one of the two")
	case binary:
		var text string
		content, err := []byte(nil), json.Unmarshal(coded, &text)
		if err == nil {
			content, err = base64.StdEncoding.DecodeString(text)
		}
		if err != nil || !json.Valid(content) {
			wrong.Add("data_base64", "wrong_type", "It is not JSON in base64.", "")
		}
		return content
	}
	return raw
}

package httpapi

import (
	"cmp"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hexabuilders/campaignd/fault"
)

// atOnce is a body whose schema is checked in the handler rather than before
// it, so that what does not fit the schema and what breaks a rule of the domain
// are refused in one answer. Its operation skips the framework's own check.
type atOnce[T any] struct {
	text      []byte
	malformed error
}

// Schema implements huma.SchemaProvider: the contract knows only T.
func (atOnce[T]) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[T](), true, "")
}

// late is a body that takes its document as it is.
type late interface {
	take(data []byte, malformed error)
}

func (b *atOnce[T]) take(data []byte, malformed error) { b.text, b.malformed = data, malformed }

// atOnceOperation is an operation with such a body.
func atOnceOperation(op huma.Operation) huma.Operation {
	op.SkipValidateBody = true
	return op
}

// judge answers with do's answer, or with everything that is wrong with the
// body: what does not fit the schema, and what do says of the rest. do is
// called with rehearse when nothing of it may take effect.
func judge[T, O any](s *Server, b *atOnce[T], do func(body T, rehearse bool) (O, error)) (none O, _ error) {
	var document any
	if err := cmp.Or(b.malformed, json.Unmarshal(b.text, &document)); err != nil {
		return none, errMalformed.WithFields(fieldOf("body", "", err.Error()))
	}
	wrong := misfits(s.api.OpenAPI().Components.Schemas, reflect.TypeFor[T](), document)
	text := b.text
	if len(wrong) > 0 {
		for _, f := range wrong {
			document = without(document, stepsOf(f.Path))
		}
		text, _ = json.Marshal(document) // it was JSON before
	}
	var body T
	unread := read(text, &body)
	for _, f := range unread {
		if !touched(wrong, f.Path) {
			wrong = append(wrong, f)
		}
	}
	out, err := do(body, len(wrong) > 0)
	if len(wrong) == 0 {
		return out, err
	}
	if err != nil && fault.KindOf(err) != fault.Invalid {
		return none, err
	}
	if e := fault.As(err); e != nil {
		of := append(slices.Clone(wrong), unread...)
		wrong = append(wrong, slices.DeleteFunc(slices.Clone(e.Fields), func(f fault.Field) bool { return touched(of, f.Path) })...)
	}
	return none, wrong.Err()
}

// read reads a document, each member by itself when it cannot be read whole:
// one that is wrong does not keep the others from being judged. It returns the
// members that cannot be read.
func read(text []byte, into any) (unread fault.Fields) {
	if json.Unmarshal(text, into) == nil {
		return nil
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil {
		return nil // no object: the schema says so
	}
	reflect.ValueOf(into).Elem().SetZero()
	for _, name := range slices.Sorted(maps.Keys(members)) {
		alone, err := json.Marshal(map[string]json.RawMessage{name: members[name]})
		if err == nil {
			err = json.Unmarshal(alone, into)
		}
		if err != nil {
			code, detail := codeOf(err.Error())
			unread = append(unread, fault.Field{Path: name, Code: code, Detail: sentence(detail)})
		}
	}
	return unread
}

// without is a document with null where a path of steps leads.
func without(document any, steps []string) any {
	if len(steps) == 0 {
		return nil
	}
	switch at := document.(type) {
	case map[string]any:
		if inner, ok := at[steps[0]]; ok {
			at[steps[0]] = without(inner, steps[1:])
		}
	case []any:
		if i, err := strconv.Atoi(steps[0]); err == nil && i >= 0 && i < len(at) {
			at[i] = without(at[i], steps[1:])
		}
	}
	return document
}

// stepsOf are the steps of a path such as locations[0].country.
func stepsOf(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
}

// misfits is what does not fit the schema of a type.
func misfits(r huma.Registry, t reflect.Type, document any) fault.Fields {
	var found huma.ValidateResult
	at := huma.NewPathBuffer(make([]byte, 0, 128), 0)
	at.Push("body")
	huma.Validate(r, r.Schema(t, true, ""), at, huma.ModeWriteToServer, document, &found)
	fields, _ := fieldsOf(found.Errors)
	return fields
}

// touched reports whether a path is one of the fields', or a part of it or
// around it: what a rule says of what could not be read is about nothing.
func touched(by []fault.Field, path string) bool {
	return slices.ContainsFunc(by, func(f fault.Field) bool { return touches(f.Path, path) })
}

func touches(a, b string) bool {
	within := func(inner, outer string) bool {
		rest, ok := strings.CutPrefix(inner, outer)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	}
	return a == "body" || within(a, b) || within(b, a)
}

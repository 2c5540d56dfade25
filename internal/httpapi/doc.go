// Package httpapi is the REST API: it turns requests into calls of the domain
// services and their answers into JSON, and holds no rule of the business.
//
// A request passes through, in this order: request id, log line, panic guard,
// authentication, Idempotency-Key, role, huma (schema validation and decoding),
// the domain service. POST /metrics leaves huma out, since it is the hot path,
// and so does POST /imports, which takes files.
//
// Every refusal is an RFC 9457 problem document with a stable code. The table
// from fault.Kind to status stands in problem.go, and nowhere else.
package httpapi

//go:generate go test -run ^TestContractIsCheckedIn$ . -args -update

// Package httpapi is the REST API: it turns requests into calls of the domain
// services and their answers into JSON, and holds no rule of the business.
//
// A request passes through, in this order: request id, log line, panic guard,
// authentication, role, Idempotency-Key, huma (schema validation and decoding),
// the domain service. POST /metrics leaves huma out: it is the hot path.
//
// Every refusal is an RFC 9457 problem document with a stable code. The table
// from fault.Kind to status stands in problem.go, and nowhere else.
package httpapi

//go:generate go test -run ^TestContractIsCheckedIn$ . -args -update

// Package api holds the contracts as files. openapi.yaml is written from the
// code; asyncapi.yaml is written by hand and held to the code by a test.
package api

import _ "embed" // asyncapi.yaml

// AsyncAPI is what the service says and hears through brokers, as AsyncAPI 3.0.
//
//go:embed asyncapi.yaml
var AsyncAPI []byte

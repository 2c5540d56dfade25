//go:build !pulsar

package bus

import "errors"

// dialPulsar says how to get a program that can: Pulsar's client is not part of
// the usual build.
func dialPulsar(string) (Broker, error) {
	return nil, errors.New("this program was built without Pulsar; build it with: go build -tags pulsar ./cmd/campaignd")
}

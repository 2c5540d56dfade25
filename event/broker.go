package event

import "time"

// BrokerStatus is how one broker stands.
type BrokerStatus struct {
	Name     string     `json:"name" example:"kafka://kafka:9092"`
	Addr     string     `json:"addr,omitempty" doc:"Where the broker in this process listens."`
	Up       bool       `json:"up" doc:"Whether it answers this node."`
	Listens  bool       `json:"listens" doc:"Whether inbound events and delivery facts are taken from it."`
	Lag      int64      `json:"lag" doc:"Events of the log that it does not have, a second ago."`
	Sent     int64      `json:"sent" doc:"Events that this node has sent since its start."`
	FailedAt *time.Time `json:"failed_at,omitempty" doc:"When sending failed last, until it succeeds."`
	Problem  string     `json:"problem,omitempty"`
}

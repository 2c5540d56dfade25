package live

import (
	"strings"

	"github.com/google/uuid"
)

type kind string

const (
	ofCampaign kind = "campaign"
	ofPartner  kind = "partner"
)

// topic names a channel.
type topic struct {
	kind kind
	id   uuid.UUID
}

func (t topic) String() string { return string(t.kind) + ":" + t.id.String() }

// parseTopic reads a channel's name. Only the one spelling that String gives
// is taken, so that a channel has one name.
func parseTopic(name string) (topic, bool) {
	k, id, _ := strings.Cut(name, ":")
	parsed, err := uuid.Parse(id)
	t := topic{kind(k), parsed}
	return t, err == nil && (t.kind == ofCampaign || t.kind == ofPartner) && t.String() == name
}

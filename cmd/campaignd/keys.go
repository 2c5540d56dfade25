package main

import (
	"encoding/json"
	"fmt"
	"time"
)

type keysCmd struct {
	List   keysList   `cmd:"" help:"List a partner's keys, without their secrets."`
	Issue  keysIssue  `cmd:"" help:"Issue a key and print it, this once."`
	Revoke keysRevoke `cmd:"" help:"Revoke a key; it stops working within 5 seconds."`
}

type keysList struct {
	client  `embed:""`
	listing `embed:""`
	Partner string `arg:"" help:"The partner's id."`
}

// issuedKey is a key as the API gives it.
type issuedKey struct {
	ID, Role, Name, Prefix string
	ExpiresAt              *time.Time `json:"expires_at"`
	RevokedAt              *time.Time `json:"revoked_at"`
}

func (k issuedKey) state() string {
	switch {
	case k.RevokedAt != nil:
		return "revoked " + k.RevokedAt.Format(time.RFC3339)
	case k.ExpiresAt != nil:
		return "until " + k.ExpiresAt.Format(time.RFC3339)
	}
	return "valid"
}

// Run prints one line a key.
func (c *keysList) Run(e env) error {
	s := c.sheet(e, "ID\tROLE\tKEY\tNAME\tSTATE")
	return s.end(eachOf(e, c.client, "/partners/"+c.Partner+"/keys", nil, 0, func(k issuedKey, raw json.RawMessage) error {
		return s.row(raw, "%s\t%s\t%s...\t%s\t%s", k.ID, k.Role, k.Prefix, k.Name, k.state())
	}))
}

type keysIssue struct {
	client    `embed:""`
	Partner   string        `arg:"" help:"The partner's id."`
	Role      string        `arg:"" enum:"manager,approver,finance,analyst,ingest" help:"manager, approver, finance, analyst or ingest."`
	Name      string        `help:"What the key is for."`
	ExpiresIn time.Duration `help:"How long the key works, such as 720h; without it, until it is revoked."`
}

// Run prints the new key alone, so that a script can keep it.
func (c *keysIssue) Run(e env) error {
	body := map[string]any{"role": c.Role, "name": c.Name}
	if c.ExpiresIn > 0 {
		body["expires_at"] = time.Now().Add(c.ExpiresIn).UTC()
	}
	var key struct{ Key string }
	if err := c.callJSON(e.ctx, "POST", "/partners/"+c.Partner+"/keys", body, &key); err != nil {
		return err
	}
	_, err := fmt.Fprintln(e.stdout, key.Key)
	return err
}

type keysRevoke struct {
	client  `embed:""`
	Partner string `arg:"" help:"The partner's id."`
	ID      string `arg:"" help:"The key's id, as list prints it."`
}

// Run revokes the key.
func (c *keysRevoke) Run(e env) error {
	if err := c.callJSON(e.ctx, "DELETE", "/partners/"+c.Partner+"/keys/"+c.ID, nil, nil); err != nil {
		return err
	}
	_, err := fmt.Fprintln(e.stdout, "revoked")
	return err
}

package webhooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Secret signs deliveries. Value is "whsec_" and 32 random bytes in base64.
type Secret struct {
	Value string     `json:"value"`
	Until *time.Time `json:"until,omitempty"` // nil: until it is rotated
}

// Overlap is how long a rotated secret still signs beside the new one.
const Overlap = 24 * time.Hour

const (
	secretPrefix = "whsec_"
	secretBytes  = 32
)

// newSecret draws 256 bits; a short read is an error.
func newSecret(random io.Reader) (string, error) {
	var b [secretBytes]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("webhooks: randomness: %w", err)
	}
	return secretPrefix + base64.StdEncoding.EncodeToString(b[:]), nil
}

// Message is one request as it goes out.
type Message struct {
	URL    string
	Header map[string]string
	Body   []byte
}

// sign makes the message of a body: HMAC-SHA256 over "id.timestamp.body", one
// signature a secret, separated by blanks (Standard Webhooks 1.0).
func sign(address, id string, at time.Time, body []byte, secrets []string) Message {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	signatures := make([]string, len(secrets))
	for i, secret := range secrets {
		key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix)) // ours
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + timestamp + "."))
		mac.Write(body)
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return Message{URL: address, Body: body, Header: map[string]string{
		"Content-Type": "application/json", "User-Agent": "campaignd-webhooks/1",
		"webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": strings.Join(signatures, " "),
	}}
}

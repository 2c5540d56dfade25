package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/hexabuilders/campaignd/billing/payment"
	"github.com/hexabuilders/campaignd/internal/payments"
)

// PaymentKeys are what providers know us by, and we them. All of them may be
// replaced while the program runs, when they are in a file of their own.
type PaymentKeys struct {
	StripeKey            string     `yaml:"stripe-key" placeholder:"SECRET" help:"Stripe's secret key, sk_ or rk_; with it partners can pay through Stripe."`
	StripeWebhookSecrets secretList `yaml:"stripe-webhook-secret" name:"stripe-webhook-secret" placeholder:"SECRET" help:"The signing secret of the webhook, whsec_; two, with a comma between, while one takes the other's place."`

	PayPalClientID   string     `yaml:"paypal-client-id" name:"paypal-client-id" placeholder:"ID" help:"PayPal's client id; with it partners can pay through PayPal."`
	PayPalSecret     string     `yaml:"paypal-secret" name:"paypal-secret" placeholder:"SECRET" help:"The client's secret."`
	PayPalWebhookIDs secretList `yaml:"paypal-webhook-id" name:"paypal-webhook-id" placeholder:"ID" help:"The id that PayPal has given the webhook, which its signatures are over; two, with a comma between, while one takes the other's place."`
}

// secretList is one secret or more: in YAML a list, or one text with commas.
type secretList []string

// UnmarshalYAML implements yaml.Unmarshaler.
func (l *secretList) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.ScalarNode {
		return node.Decode((*[]string)(l))
	}
	var text string
	err := node.Decode(&text)
	*l = nil
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			*l = append(*l, part)
		}
	}
	return err
}

// check says which settings of a provider are missing.
func (k *PaymentKeys) check() error {
	switch {
	case (k.StripeKey == "") != (len(k.StripeWebhookSecrets) == 0):
		return errors.New("stripe-key and stripe-webhook-secret: one is of no use without the other")
	case k.PayPalClientID != "" && (k.PayPalSecret == "" || len(k.PayPalWebhookIDs) == 0):
		return errors.New("paypal-client-id: it is of no use without paypal-secret and paypal-webhook-id")
	}
	return nil
}

func (k *PaymentKeys) none() bool {
	return k.StripeKey == "" && len(k.StripeWebhookSecrets) == 0 && k.PayPalClientID == "" && k.PayPalSecret == "" && len(k.PayPalWebhookIDs) == 0
}

// readPaymentKeys reads a file of them. What it does not know it refuses, and
// its errors hold nothing that is in the file but the names of settings.
func readPaymentKeys(text []byte) (k PaymentKeys, err error) {
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err = d.Decode(&k); err != nil && !errors.Is(err, io.EOF) {
		return k, errors.New("it has to hold stripe-key, stripe-webhook-secret, paypal-client-id, paypal-secret and paypal-webhook-id, or some of them, and nothing else, as YAML")
	}
	err = k.check()
	return k, err
}

// keyring has the gateways of the providers, and replaces their keys when the
// file that they are in has changed.
type keyring struct {
	config   PaymentConfig
	clock    func() time.Time
	gateways map[payment.Provider]*payments.Rotating
	read     []byte // of the file
	failed   string // why it was not taken, so that it is told once
}

// newKeyring offers the providers whose keys are there at the start.
func newKeyring(c PaymentConfig, clock func() time.Time) (*keyring, error) {
	r := &keyring{config: c, clock: clock, gateways: map[payment.Provider]*payments.Rotating{}}
	keys := c.PaymentKeys
	if c.PaymentKeysFile != "" {
		text, err := os.ReadFile(c.PaymentKeysFile)
		if err == nil {
			keys, err = readPaymentKeys(text)
		}
		if err != nil {
			return nil, fmt.Errorf("payment-keys: %w", err)
		}
		r.read = text
	}
	for provider, g := range r.connect(keys) {
		r.gateways[provider] = &payments.Rotating{}
		r.gateways[provider].Use(g)
	}
	return r, nil
}

// connect makes the gateways that keys are for.
func (r *keyring) connect(k PaymentKeys) map[payment.Provider]payment.Gateway {
	all := map[payment.Provider]payment.Gateway{}
	if k.StripeKey != "" {
		all[payment.Stripe] = payments.NewStripe(payments.StripeConfig{Key: k.StripeKey, WebhookSecrets: k.StripeWebhookSecrets, URL: r.config.StripeURL})
	}
	if k.PayPalClientID != "" {
		all[payment.PayPal] = payments.NewPayPal(payments.PayPalConfig{
			ClientID: k.PayPalClientID, Secret: k.PayPalSecret, WebhookIDs: k.PayPalWebhookIDs, URL: r.config.PayPalURL, Now: r.clock,
		})
	}
	return all
}

// keyCheck is how often the file is looked at. It is not waited for by the file
// system's notices: secrets that are mounted come by a link that is replaced.
const keyCheck = 2 * time.Second

// watch replaces keys until ctx ends.
func (r *keyring) watch(ctx context.Context) error {
	tick := time.NewTicker(keyCheck)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			r.reread()
		}
	}
}

// reread takes what has changed. A file that cannot be taken leaves the keys as
// they are.
func (r *keyring) reread() {
	text, err := os.ReadFile(r.config.PaymentKeysFile)
	if err == nil && bytes.Equal(text, r.read) {
		r.failed = ""
		return
	}
	var keys PaymentKeys
	if err == nil {
		keys, err = readPaymentKeys(text)
	}
	all := r.connect(keys)
	if offers, offered := slices.Sorted(maps.Keys(all)), slices.Sorted(maps.Keys(r.gateways)); err == nil && !slices.Equal(offers, offered) {
		err = fmt.Errorf("it is for %v and partners are offered %v: a provider comes or goes by a restart", offers, offered)
	}
	if err != nil {
		if r.failed != err.Error() {
			r.failed = err.Error()
			slog.Error("payment keys not taken, those before stay", "error", err)
		}
		return
	}
	for provider, g := range all {
		r.gateways[provider].Use(g)
	}
	r.read, r.failed = text, ""
	slog.Info("payment keys taken from their file", "providers", slices.Sorted(maps.Keys(all)))
}

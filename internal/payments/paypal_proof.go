package payments

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/hexabuilders/campaignd/billing/payment"
)

// proof checks that webhooks are PayPal's: RSA-SHA256 over transmission id, time,
// our webhook's id and the CRC-32 of the raw body, by a certificate that is
// fetched from PayPal's own host and no other.
type proof struct {
	http     *http.Client
	webhooks []string // their ids
	origin   string   // scheme and host that certificates come from
	now      func() time.Time

	mu    sync.Mutex
	certs map[string]*x509.Certificate
}

// certificatesOf is where an API's certificates are: beside the two of PayPal's
// own, and for another address at that address.
func certificatesOf(api string) string {
	switch strings.TrimRight(api, "/") {
	case PayPalLive:
		return "https://api.paypal.com"
	case PayPalSandbox:
		return "https://api.sandbox.paypal.com"
	}
	u, err := url.Parse(api)
	if err != nil {
		return "https://api.paypal.com"
	}
	return u.Scheme + "://" + u.Host
}

// certificatePath is what the address of every certificate begins with.
const certificatePath = "/v1/notifications/certs/"

// check proves a body. The error is payment.ErrSignature, or another when the
// certificate cannot be fetched now.
func (p *proof) check(ctx context.Context, body []byte, header func(string) string) error {
	signature, err := base64.StdEncoding.DecodeString(header("Paypal-Transmission-Sig"))
	if err != nil || len(signature) == 0 || header("Paypal-Auth-Algo") != "SHA256withRSA" {
		return payment.ErrSignature
	}
	cert, err := p.certificate(ctx, header("Paypal-Cert-Url"))
	if err != nil {
		return err
	}
	if now := p.now(); now.Before(cert.NotBefore) || now.After(cert.NotAfter) {
		return payment.ErrSignature.With("The certificate of the webhook is not valid now.")
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return payment.ErrSignature
	}
	for _, webhook := range p.webhooks {
		signed := fmt.Sprintf("%s|%s|%s|%d", header("Paypal-Transmission-Id"), header("Paypal-Transmission-Time"), webhook, crc32.ChecksumIEEE(body))
		sum := sha256.Sum256([]byte(signed))
		if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) == nil {
			return nil
		}
	}
	return payment.ErrSignature
}

// mostCerts bounds the certificates that are kept; PayPal uses a few at a time.
const mostCerts = 20

func (p *proof) certificate(ctx context.Context, address string) (*x509.Certificate, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme+"://"+u.Host != p.origin || u.User != nil || !strings.HasPrefix(u.EscapedPath(), certificatePath) ||
		strings.Contains(u.Path, "..") || u.RawQuery != "" {
		return nil, payment.ErrSignature.With("The webhook names a certificate that is not PayPal's.")
	}
	p.mu.Lock()
	cert := p.certs[address]
	p.mu.Unlock()
	if cert != nil {
		return cert, nil
	}
	if cert, err = p.fetch(ctx, address); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.certs == nil || len(p.certs) >= mostCerts {
		p.certs = map[string]*x509.Certificate{}
	}
	p.certs[address] = cert
	return cert, nil
}

func (p *proof) fetch(ctx context.Context, address string) (*x509.Certificate, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, payment.ErrSignature.Wrap(err)
	}
	answer, err := p.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	switch {
	case err != nil:
		return nil, err
	case answer.StatusCode >= http.StatusInternalServerError:
		return nil, fmt.Errorf("paypal answers %d for a certificate", answer.StatusCode)
	case answer.StatusCode != http.StatusOK:
		return nil, payment.ErrSignature.With("PayPal has no such certificate.")
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, payment.ErrSignature.Wrap(errors.New("the certificate is not PEM"))
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, payment.ErrSignature.Wrap(err)
	}
	return cert, nil
}

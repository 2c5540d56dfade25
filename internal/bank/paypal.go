package bank

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"hash/crc32"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"
)

// PayPal is a stateful PayPal: tokens, orders, captures, refunds and disputes.
type PayPal struct {
	common
	*httptest.Server
	WebhookID string
	Decline   string // the issue with which captures are refused; "" for none

	key      *rsa.PrivateKey
	cert     []byte
	tokens   int
	orders   []object
	disputes []object
	captured map[string]object // by id
	now      time.Time
}

// The certificate's life.
var (
	CertFrom  = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	CertUntil = time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
)

// keys are made ahead once for all of a test's PayPals, each of which takes the
// next: making one takes longer than most tests.
var keys struct {
	sync.Mutex
	made []*rsa.PrivateKey
	next int
}

func freshKey() (*rsa.PrivateKey, error) {
	keys.Lock()
	defer keys.Unlock()
	for len(keys.made) < 2 {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, err
		}
		keys.made = append(keys.made, key)
	}
	keys.next++
	return keys.made[keys.next%len(keys.made)], nil
}

// NewPayPal starts one, whose key differs from that of the one before; Close
// ends it.
func NewPayPal(webhookID string) (*PayPal, error) {
	p := &PayPal{WebhookID: webhookID, captured: map[string]object{}, now: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)}
	var err error
	if p.key, err = freshKey(); err != nil {
		return nil, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: CertFrom, NotAfter: CertUntil}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &p.key.PublicKey, p.key)
	if err != nil {
		return nil, err
	}
	p.cert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	p.Server = httptest.NewServer(p)
	return p, nil
}

// ServeHTTP answers the calls that the gateway makes.
func (p *PayPal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/v1/notifications/certs/") {
		_, _ = w.Write(p.cert)
		return
	}
	p.serve(w, r, func() (int, any) {
		if r.URL.Path == "/v1/oauth2/token" {
			return p.grant(r)
		}
		if r.Header.Get("Authorization") != fmt.Sprint("Bearer token-", p.tokens) {
			return http.StatusUnauthorized, object{"name": "AUTHENTICATION_FAILURE"}
		}
		return p.once(r.Header.Get("Paypal-Request-Id"), func() (int, any) { return p.carryOut(r) })
	}, func(w http.ResponseWriter, status int, body any) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	})
}

func (p *PayPal) grant(r *http.Request) (int, any) {
	if id, secret, _ := r.BasicAuth(); id == "" || secret == "" || r.FormValue("grant_type") != "client_credentials" {
		return http.StatusUnauthorized, object{"error": "invalid_client"}
	}
	p.tokens++
	return http.StatusOK, object{"access_token": fmt.Sprint("token-", p.tokens), "expires_in": 32400}
}

// Revoke ends the token that was granted.
func (p *PayPal) Revoke() { p.mu.Lock(); defer p.mu.Unlock(); p.tokens++ }

func (p *PayPal) carryOut(r *http.Request) (int, any) {
	var in object
	if r.Method == http.MethodPost {
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			return refusal(http.StatusBadRequest, "MALFORMED_REQUEST_JSON")
		}
	}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/") // v2 checkout orders ID capture
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/v2/checkout/orders":
		return p.open(in)
	case len(parts) > 3 && parts[2] == "orders":
		order := byID(p.orders, parts[3])
		if order == nil {
			return refusal(http.StatusNotFound, "INVALID_RESOURCE_ID")
		}
		if len(parts) == 5 {
			return p.capture(order)
		}
		return http.StatusOK, order
	case len(parts) == 5 && parts[2] == "captures":
		return p.refund(parts[3], in)
	case r.URL.Path == "/v1/customer/disputes":
		return p.disputed(r.URL.Query().Get("disputed_transaction_id"))
	}
	return refusal(http.StatusNotFound, "RESOURCE_NOT_FOUND")
}

func refusal(status int, issue string) (int, any) {
	return status, object{"name": "UNPROCESSABLE_ENTITY", "debug_id": "d1", "details": []object{{"issue": issue}}}
}

func (p *PayPal) id(prefix string) string {
	p.count++
	return fmt.Sprintf("%s%d", prefix, p.count)
}

// touch notes that an order changes now: a second after whatever changed last.
func (p *PayPal) touch(order object, status string) {
	p.now = p.now.Add(time.Second)
	order["status"], order["update_time"] = status, p.now.Format(time.RFC3339)
}

func (p *PayPal) open(in object) (int, any) {
	unit := in["purchase_units"].([]any)[0].(object)
	id := p.id("O")
	order := object{
		"id": id, "create_time": p.now.Format(time.RFC3339), "payments": nil,
		"links": []object{{"rel": "payer-action", "href": "https://www.paypal.test/checkoutnow?token=" + id}},
		"purchase_units": []object{{
			"custom_id": unit["custom_id"], "invoice_id": unit["invoice_id"], "amount": unit["amount"],
			"payments": object{"captures": []object{}, "refunds": []object{}},
		}},
	}
	p.touch(order, "PAYER_ACTION_REQUIRED")
	p.orders = append(p.orders, order)
	return http.StatusCreated, order
}

func paid(order object) object {
	return order["purchase_units"].([]object)[0]["payments"].(object)
}

func (p *PayPal) capture(order object) (int, any) {
	switch {
	case order["status"] == "COMPLETED":
		return refusal(http.StatusUnprocessableEntity, "ORDER_ALREADY_CAPTURED")
	case order["status"] != "APPROVED":
		return refusal(http.StatusUnprocessableEntity, "ORDER_NOT_APPROVED")
	case p.Decline != "":
		return refusal(http.StatusUnprocessableEntity, p.Decline)
	}
	unit := order["purchase_units"].([]object)[0]
	id := p.id("C")
	capture := object{"id": id, "status": "COMPLETED", "amount": unit["amount"], "custom_id": unit["custom_id"], "order": order["id"]}
	p.captured[id] = capture
	paid(order)["captures"] = append(paid(order)["captures"].([]object), capture)
	p.touch(order, "COMPLETED")
	return http.StatusCreated, order
}

func (p *PayPal) refund(capture string, in object) (int, any) {
	c := p.captured[capture]
	if c == nil {
		return refusal(http.StatusNotFound, "RESOURCE_NOT_FOUND")
	}
	order := byID(p.orders, c["order"])
	refund := object{"id": p.id("R"), "status": "COMPLETED", "amount": in["amount"], "custom_id": in["custom_id"], "create_time": p.now.Format(time.RFC3339)}
	paid(order)["refunds"] = append(paid(order)["refunds"].([]object), refund)
	return http.StatusCreated, refund
}

func (p *PayPal) disputed(capture string) (int, any) {
	found := []object{}
	for _, d := range p.disputes {
		if d["capture"] == capture {
			found = append(found, d)
		}
	}
	return http.StatusOK, object{"items": found}
}

// Approve is the payer agreeing on PayPal's page to the order at a place,
// counted from 0. What PayPal tells of it is returned.
func (p *PayPal) Approve(order int) Webhook {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.touch(p.orders[order], "APPROVED")
	return p.event("CHECKOUT.ORDER.APPROVED", p.orders[order])
}

// Orders counts the orders that were made.
func (p *PayPal) Orders() int { p.mu.Lock(); defer p.mu.Unlock(); return len(p.orders) }

// Captures counts what was taken from payers.
func (p *PayPal) Captures() int { p.mu.Lock(); defer p.mu.Unlock(); return len(p.captured) }

// Refunds counts the refunds of the order at a place.
func (p *PayPal) Refunds(order int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(paid(p.orders[order])["refunds"].([]object))
}

// Net is what was taken from payers and has not gone back, in cents.
func (p *PayPal) Net() (sum int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	cents := func(o object) int64 {
		value := o["amount"].(object)["value"].(string)
		n, _ := strconv.ParseInt(strings.Replace(value, ".", "", 1), 10, 64)
		return n
	}
	for _, order := range p.orders {
		for _, capture := range paid(order)["captures"].([]object) {
			sum += cents(capture)
		}
		for _, refund := range paid(order)["refunds"].([]object) {
			sum -= cents(refund)
		}
	}
	return sum
}

// Told is the webhook about the capture of the order at a place.
func (p *PayPal) Told(order int) Webhook {
	p.mu.Lock()
	defer p.mu.Unlock()
	capture := paid(p.orders[order])["captures"].([]object)[0]
	return p.event("PAYMENT.CAPTURE.COMPLETED", object{"id": capture["id"], "custom_id": capture["custom_id"],
		"supplementary_data": object{"related_ids": object{"order_id": capture["order"]}}})
}

// Return moves money back on PayPal's own page.
func (p *PayPal) Return(order int, value string) Webhook {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.orders[order]
	capture := paid(o)["captures"].([]object)[0]
	amount := object{"currency_code": capture["amount"].(object)["currency_code"], "value": value}
	paid(o)["refunds"] = append(paid(o)["refunds"].([]object), object{"id": p.id("R"), "status": "COMPLETED", "amount": amount})
	return p.event("PAYMENT.CAPTURE.REFUNDED", object{"links": []object{{"rel": "up", "href": p.URL + "/v2/payments/captures/" + capture["id"].(string)}}})
}

// Dispute is the payer's complaint; stage INQUIRY takes no money yet.
func (p *PayPal) Dispute(order int, value, stage string) Webhook {
	p.mu.Lock()
	defer p.mu.Unlock()
	capture := paid(p.orders[order])["captures"].([]object)[0]
	d := object{"dispute_id": p.id("D"), "status": "OPEN", "dispute_life_cycle_stage": stage, "capture": capture["id"],
		"dispute_amount":        object{"currency_code": capture["amount"].(object)["currency_code"], "value": value},
		"disputed_transactions": []object{{"seller_transaction_id": capture["id"]}}}
	p.disputes = append(p.disputes, d)
	return p.event("CUSTOMER.DISPUTE.CREATED", d)
}

// Escalate takes a dispute to its next stage.
func (p *PayPal) Escalate(dispute int, stage string) Webhook {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.disputes[dispute]["dispute_life_cycle_stage"] = stage
	return p.event("CUSTOMER.DISPUTE.UPDATED", p.disputes[dispute])
}

// Resolve ends a dispute with an outcome.
func (p *PayPal) Resolve(dispute int, outcome string) Webhook {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.disputes[dispute]["status"] = "RESOLVED"
	p.disputes[dispute]["dispute_outcome"] = object{"outcome_code": outcome}
	return p.event("CUSTOMER.DISPUTE.RESOLVED", p.disputes[dispute])
}

func (p *PayPal) event(kind string, about object) Webhook {
	body, _ := json.Marshal(object{"id": p.id("WH-"), "event_type": kind, "resource": about})
	return p.Sign(body)
}

// Sign proves a body to be PayPal's.
func (p *PayPal) Sign(body []byte) Webhook {
	const id, at = "69cd13f0-d67a-11e5-baa3-778b53f4ae55", "2026-03-02T12:00:00Z"
	sum := sha256.Sum256(fmt.Appendf(nil, "%s|%s|%s|%d", id, at, p.WebhookID, crc32.ChecksumIEEE(body)))
	signature, _ := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, sum[:])
	h := http.Header{}
	for name, value := range map[string]string{
		"Paypal-Transmission-Id": id, "Paypal-Transmission-Time": at, "Paypal-Auth-Algo": "SHA256withRSA",
		"Paypal-Cert-Url": p.URL + "/v1/notifications/certs/CERT-1", "Paypal-Transmission-Sig": base64.StdEncoding.EncodeToString(signature),
	} {
		h.Set(name, value)
	}
	return Webhook{body, h}
}

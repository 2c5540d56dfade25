package bank

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/stripe/stripe-go/v86/webhook"
)

// object is one of Stripe's or PayPal's, as JSON.
type object = map[string]any

// Stripe is a stateful Stripe: sessions, intents, refunds and disputes.
type Stripe struct {
	common
	Secret string // signs webhooks
	Manual bool   // sessions made from now on wait for a capture

	sessions, intents, refunds, disputes []object
}

// ServeHTTP answers the calls that the gateway makes.
func (s *Stripe) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	s.serve(w, r, func() (int, any) {
		return s.once(r.Header.Get("Idempotency-Key"), func() (int, any) { return s.carryOut(r) })
	}, func(w http.ResponseWriter, status int, body any) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	})
}

func (s *Stripe) carryOut(r *http.Request) (int, any) {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/v1/"), "/")
	kind, id := parts[0], parts[len(parts)-1]
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/v1/checkout/sessions":
		return s.open(r)
	case kind == "checkout" && id == "sessions":
		return list(s.sessions, func(object) bool { return true }, s.whole)
	case kind == "checkout":
		return found(s.sessions, id, s.whole)
	case r.Method == http.MethodPost && id == "capture":
		return s.capture(parts[1], r)
	case r.Method == http.MethodPost && kind == "refunds":
		return s.refund(r)
	case kind == "refunds":
		return list(s.refunds, of(r), same)
	case kind == "disputes":
		return list(s.disputes, of(r), same)
	}
	return failed(http.StatusNotFound, "resource_missing")
}

func same(o object) object { return o }

func of(r *http.Request) func(object) bool {
	intent := r.Form.Get("payment_intent")
	return func(o object) bool { return o["payment_intent"] == intent }
}

func list(all []object, keep func(object) bool, shown func(object) object) (int, any) {
	data := []object{}
	for _, o := range slices.Backward(all) {
		if keep(o) {
			data = append(data, shown(o))
		}
	}
	return http.StatusOK, object{"object": "list", "data": data, "has_more": false}
}

func found(all []object, id string, shown func(object) object) (int, any) {
	for _, o := range all {
		if o["id"] == id {
			return http.StatusOK, shown(o)
		}
	}
	return failed(http.StatusNotFound, "resource_missing")
}

func failed(status int, code string) (int, any) {
	return status, object{"error": object{"type": "invalid_request_error", "code": code, "message": "no"}}
}

// whole is a session with its intent in it.
func (s *Stripe) whole(session object) object {
	shown := object{}
	for k, v := range session {
		shown[k] = v
	}
	if i := byID(s.intents, session["payment_intent"]); i != nil {
		shown["payment_intent"] = i
	}
	return shown
}

func byID(all []object, id any) object {
	for _, o := range all {
		if id != nil && o["id"] == id {
			return o
		}
	}
	return nil
}

func (s *Stripe) id(prefix string) string {
	s.count++
	return fmt.Sprintf("%s_%d", prefix, s.count)
}

func (s *Stripe) open(r *http.Request) (int, any) {
	amount, _ := strconv.ParseInt(r.Form.Get("line_items[0][price_data][unit_amount]"), 10, 64)
	if amount < 50 {
		return failed(http.StatusBadRequest, "amount_too_small")
	}
	id := s.id("cs")
	session := object{
		"id": id, "object": "checkout.session", "status": "open", "payment_status": "unpaid", "mode": r.Form.Get("mode"),
		"amount_total": amount, "currency": r.Form.Get("line_items[0][price_data][currency]"), "created": 1772452800,
		"client_reference_id": r.Form.Get("client_reference_id"), "url": "https://checkout.stripe.test/" + id,
		"success_url": r.Form.Get("success_url"), "payment_intent": nil, "manual": s.Manual,
		"metadata": object{"campaignd_id": r.Form.Get("payment_intent_data[metadata][campaignd_id]")},
	}
	s.sessions = append(s.sessions, session)
	return http.StatusOK, session
}

func (s *Stripe) capture(id string, r *http.Request) (int, any) {
	intent := byID(s.intents, id)
	if intent == nil || intent["status"] != "requires_capture" {
		return failed(http.StatusBadRequest, "payment_intent_unexpected_state")
	}
	amount := intent["amount"]
	if part, err := strconv.ParseInt(r.Form.Get("amount_to_capture"), 10, 64); err == nil {
		amount = part
	}
	intent["status"], intent["amount_received"] = "succeeded", amount
	return http.StatusOK, intent
}

func (s *Stripe) refund(r *http.Request) (int, any) {
	intent := byID(s.intents, r.Form.Get("payment_intent"))
	if intent == nil {
		return failed(http.StatusNotFound, "resource_missing")
	}
	amount, _ := strconv.ParseInt(r.Form.Get("amount"), 10, 64)
	for _, o := range s.refunds {
		if o["payment_intent"] == intent["id"] && o["status"] != "failed" {
			amount += o["amount"].(int64)
		}
	}
	if received := intent["amount_received"].(int64); amount > received {
		return failed(http.StatusBadRequest, "charge_already_refunded")
	}
	amount, _ = strconv.ParseInt(r.Form.Get("amount"), 10, 64)
	refund := object{
		"id": s.id("re"), "object": "refund", "amount": amount, "currency": intent["currency"], "status": "succeeded", "created": 1772452900,
		"payment_intent": intent["id"], "metadata": object{"campaignd_id": r.Form.Get("metadata[campaignd_id]")},
	}
	s.refunds = append(s.refunds, refund)
	return http.StatusOK, refund
}

// Sessions counts the sessions that were opened.
func (s *Stripe) Sessions() int { s.mu.Lock(); defer s.mu.Unlock(); return len(s.sessions) }

// Refunds counts the refunds that were made.
func (s *Stripe) Refunds() int { s.mu.Lock(); defer s.mu.Unlock(); return len(s.refunds) }

// Charged is what was taken from payers in all, in the smallest unit.
func (s *Stripe) Charged() (sum int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.intents {
		sum += i["amount_received"].(int64)
	}
	return sum
}

// Net is what was taken from payers and has not gone back, in the smallest unit.
func (s *Stripe) Net() int64 {
	sum := s.Charged()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, refund := range s.refunds {
		if refund["status"] != "failed" {
			sum -= refund["amount"].(int64)
		}
	}
	return sum
}

// Attempt is what a payer does on the page of the session at a place, counted
// from 0: "pay", "decline", "challenge" (3-D Secure asks, and is not answered),
// "leave" until it expires. What Stripe tells of it is returned.
func (s *Stripe) Attempt(session int, what string) Webhook {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := s.sessions[session]
	intent := byID(s.intents, open["payment_intent"])
	if intent == nil {
		intent = object{"id": s.id("pi"), "object": "payment_intent", "amount": open["amount_total"], "amount_received": int64(0), "currency": open["currency"],
			"metadata": open["metadata"], "created": 1772452800, "last_payment_error": nil}
		s.intents = append(s.intents, intent)
		open["payment_intent"] = intent["id"]
	}
	switch what {
	case "pay":
		open["status"], intent["last_payment_error"] = "complete", nil
		if open["manual"] == true {
			intent["status"] = "requires_capture"
			return s.event("payment_intent.amount_capturable_updated", intent)
		}
		open["payment_status"], intent["status"], intent["amount_received"] = "paid", "succeeded", intent["amount"]
		return s.event("payment_intent.succeeded", intent)
	case "decline":
		intent["status"] = "requires_payment_method"
		intent["last_payment_error"] = object{"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds"}
		return s.event("payment_intent.payment_failed", intent)
	case "challenge":
		intent["status"] = "requires_action"
		return s.event("payment_intent.requires_action", intent)
	}
	open["status"], intent["status"] = "expired", "canceled"
	return s.event("checkout.session.expired", open)
}

// CaptureAtStripe captures less than was asked for, on Stripe's own page.
func (s *Stripe) CaptureAtStripe(intent int, amount int64) Webhook {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.intents[intent]
	i["status"], i["amount_received"] = "succeeded", amount
	return s.event("payment_intent.succeeded", i)
}

// Return moves money back on Stripe's own page: a refund that nobody asked for
// here.
func (s *Stripe) Return(intent int, amount int64) Webhook {
	s.mu.Lock()
	defer s.mu.Unlock()
	refund := object{"id": s.id("re"), "object": "refund", "amount": amount, "currency": s.intents[intent]["currency"], "status": "succeeded",
		"payment_intent": s.intents[intent]["id"], "metadata": object{}, "created": 1772452900}
	s.refunds = append(s.refunds, refund)
	return s.event("refund.created", refund)
}

// FailRefund lets a refund fail after it was paid.
func (s *Stripe) FailRefund(refund int) Webhook {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refunds[refund]["status"] = "failed"
	return s.event("refund.failed", s.refunds[refund])
}

// Dispute is the payer's bank taking money back.
func (s *Stripe) Dispute(intent int, amount int64) Webhook {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := object{"id": s.id("dp"), "object": "dispute", "amount": amount, "currency": s.intents[intent]["currency"], "status": "needs_response",
		"payment_intent": s.intents[intent]["id"], "created": 1772452900}
	s.disputes = append(s.disputes, d)
	return s.event("charge.dispute.created", d)
}

// CloseDispute ends a dispute as won or lost.
func (s *Stripe) CloseDispute(dispute int, status string) Webhook {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.disputes[dispute]["status"] = status
	return s.event("charge.dispute.closed", s.disputes[dispute])
}

// Webhook is a request that a provider sends.
type Webhook struct {
	Body   []byte
	Header http.Header
}

// event tells of an object as it now is; for each object the events are a
// second apart.
func (s *Stripe) event(kind string, about object) Webhook {
	s.count++
	body, _ := json.Marshal(object{"id": fmt.Sprintf("evt_%d", s.count), "object": "event", "type": kind,
		"created": 1772452800 + s.count, "data": object{"object": about}})
	return s.Sign(body)
}

// Sign proves a body to be Stripe's.
func (s *Stripe) Sign(body []byte) Webhook {
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: s.Secret})
	return Webhook{body, http.Header{"Stripe-Signature": {signed.Header}}}
}

// Forget loses every session, as an account does that keys of another are sent
// to.
func (s *Stripe) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions, s.intents = nil, nil
}

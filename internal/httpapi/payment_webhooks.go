package httpapi

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"github.com/hexabuilders/campaignd/billing/payment"
)

// maxNotice bounds a provider's webhook, in bytes; theirs are a few thousand.
const maxNotice = 1 << 20

// hearProvider takes a payment provider's webhook. It has no key of ours: its
// signature over the raw bytes is its credential, so the body is read as it
// came and by nobody before.
func (s *Server) hearProvider(w http.ResponseWriter, r *http.Request) {
	if err := s.hear(w, r); err != nil {
		WriteProblem(w, r, err)
	}
}

func (s *Server) hear(w http.ResponseWriter, r *http.Request) error {
	provider := payment.Provider(chi.URLParam(r, "provider"))
	if provider != payment.Stripe && provider != payment.PayPal {
		return errNoRoute
	}
	body, err := readBody(w, r, maxNotice)
	if err != nil {
		return err
	}
	if err := s.Payments.Hear(r.Context(), provider, body, r.Header.Get); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, received{true})
}

type received struct {
	Received bool `json:"received"`
}

// describeProviderWebhooks writes the operations into the contract by hand.
func (s *Server) describeProviderWebhooks() {
	answer := schemaOf[received](s.api.OpenAPI().Components.Schemas)
	for provider, proof := range map[payment.Provider]string{
		payment.Stripe: "Proved by Stripe-Signature with one of the settings stripe-webhook-secret; signatures older than 5 minutes are refused.",
		payment.PayPal: "Proved by PAYPAL-TRANSMISSION-SIG with a certificate from PayPal's own host, for the webhook in the setting paypal-webhook-id.",
	} {
		op := huma.Operation{
			Method: http.MethodPost, Path: "/webhooks/" + string(provider), OperationID: "hear-" + string(provider), Summary: "For " + string(provider) + ": what has become of a payment",
			Description: proof + " Takes no key. What comes twice, late or in another order changes nothing twice. 503 asks the provider to send it again.",
			Errors:      []int{http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusInternalServerError, http.StatusServiceUnavailable}, DefaultStatus: http.StatusOK,
			Security: []map[string][]string{{}}, // none of ours
		}
		op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}}}}
		s.describe(&op, "200", answer)
	}
}

package httpapi

import (
	"net/http"

	"github.com/hexabuilders/campaignd/api"
)

// serveAsync serves the contract of the events, beside that of the API.
func serveAsync(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = w.Write(api.AsyncAPI)
}

package httpapi

import (
	"github.com/hexabuilders/campaignd/partners"
)

// Services is what the API serves: the domain's own use cases.
type Services struct {
	Partners *partners.Service
}

func (s *Server) register() {
	s.registerPartners()
}

package httpapi

import (
	"github.com/hexabuilders/campaignd/budgets"
	"github.com/hexabuilders/campaignd/partners"
	"github.com/hexabuilders/campaignd/performance"
)

// Services is what the API serves: the domain's own use cases.
type Services struct {
	Partners    *partners.Service
	Budgets     *budgets.Service
	Performance *performance.Service
	Feed        Feed
}

func (s *Server) register() {
	s.registerPartners()
	s.registerBudgets()
	s.registerFeed()
}

package sandbox

func (s *Sandbox) googleRoutes() {}

func (s *Sandbox) googleTerms(c *thing) terms { return terms{} }

package jobs

import "fmt"

// panicked is a job's panic as an error: one bad job must not end the others.
type panicked struct{ value any }

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

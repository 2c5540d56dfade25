package dashboard

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// attempts slows down guessing: so many sign-ins from one address in a window,
// counted whether they succeed or not. Memory is bounded by forgetting
// everything when too many addresses are known, which only helps a guesser
// who has that many.
type attempts struct {
	now    func() time.Time
	most   int
	window time.Duration

	mu    sync.Mutex
	began time.Time
	count map[string]int
}

const maxAddresses = 10_000

// allow counts one attempt and reports whether it may go on.
func (a *attempts) allow(r *http.Request) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now := a.now(); a.count == nil || now.Sub(a.began) >= a.window || len(a.count) > maxAddresses {
		a.began, a.count = now, map[string]int{}
	}
	from := address(r)
	a.count[from]++
	return a.count[from] <= a.most
}

func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

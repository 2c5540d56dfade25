package meta

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/hexabuilders/campaignd/platforms"
)

// pace keeps below the rate limits: Meta says in every answer how much of them is
// used, and a call beyond costs more time than waiting does.

type pace struct {
	mu    sync.Mutex
	until map[string]time.Time // by account: no call before
	now   func() time.Time
}

// full is the share of a limit, in percent, from which no further call is made.
const full = 95

// allow refuses a call that would be throttled.
func (p *pace) allow(account string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if wait := p.until[account].Sub(p.now()); wait > 0 {
		return &platforms.Failure{Class: platforms.Throttled, Message: "The ad account's rate limit is nearly used up.", RetryAfter: wait}
	}
	return nil
}

// usage is one limit's state in X-Business-Use-Case-Usage, X-Ad-Account-Usage or
// X-App-Usage.
type usage struct {
	Calls   float64 `json:"call_count"`
	CPU     float64 `json:"total_cputime"`
	Time    float64 `json:"total_time"`
	Account float64 `json:"acc_id_util_pct"`
	Reset   float64 `json:"reset_time_duration"`             // seconds
	Regain  float64 `json:"estimated_time_to_regain_access"` // minutes
}

func usages(h http.Header) []usage {
	var all []usage
	for _, name := range []string{"X-Ad-Account-Usage", "X-App-Usage"} {
		var u usage
		if json.Unmarshal([]byte(h.Get(name)), &u) == nil {
			all = append(all, u)
		}
	}
	var byCase map[string][]usage
	if json.Unmarshal([]byte(h.Get("X-Business-Use-Case-Usage")), &byCase) == nil {
		for _, list := range byCase {
			all = append(all, list...)
		}
	}
	return all
}

// note reads how much is used.
func (p *pace) note(account string, h http.Header) {
	wait := time.Duration(0)
	for _, u := range usages(h) {
		if max(u.Calls, u.CPU, u.Time, u.Account) >= full || u.Regain > 0 {
			wait = max(wait, u.wait())
		}
	}
	if wait == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until[account] = p.now().Add(wait)
}

// wait is how long until calls are taken again; a minute when Meta does not say.
func (u usage) wait() time.Duration {
	said := max(time.Duration(u.Regain*float64(time.Minute)), time.Duration(u.Reset*float64(time.Second)))
	if said <= 0 {
		return time.Minute
	}
	return min(said, time.Hour)
}

// regain is when a throttled call may be tried again.
func regain(h http.Header) time.Duration {
	wait := time.Minute
	for _, u := range usages(h) {
		if u.Regain > 0 {
			wait = max(wait, u.wait())
		}
	}
	return wait
}

package live

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
	"github.com/hexabuilders/campaignd/partners"
)

// ending says why the hub ends a connection.
type ending uint8

const (
	endRestart  ending = iota // the node stops: connect again, at once
	endSlow                   // the client does not read fast enough: resume from its seq
	endLapsed                 // its credential is no longer valid
	endNoChange               // the channel can't be read now: try again later
)

// session is one connection while it is open.
type session struct {
	viewer  partners.Principal
	request *http.Request // as it came, to check its credential again
	end     func(ending)  // asks the connection to close; never waits
}

// door counts and knows the open connections, and ends those whose credential
// has ended.
type door struct {
	limits Limits

	mu       sync.Mutex
	sessions map[*session]struct{}
	perOwner map[uuid.UUID]int
	revoked  map[uuid.UUID]time.Time // keys seen to be revoked, until no cache can still hold them
	closed   bool
	empty    *sync.Cond
}

func newDoor(l Limits) *door {
	d := &door{
		limits: l, sessions: map[*session]struct{}{},
		perOwner: map[uuid.UUID]int{}, revoked: map[uuid.UUID]time.Time{},
	}
	d.empty = sync.NewCond(&d.mu)
	return d
}

func (d *door) enter(s *session) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.closed:
		return ErrStopping
	case !d.revoked[s.viewer.Key].IsZero():
		return partners.ErrUnauthorized
	case len(d.sessions) >= d.limits.Connections || d.perOwner[s.viewer.Partner] >= d.limits.PerPartner:
		return ErrFull
	}
	d.sessions[s] = struct{}{}
	d.perOwner[s.viewer.Partner]++
	return nil
}

func (d *door) leave(s *session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, in := d.sessions[s]; !in {
		return
	}
	delete(d.sessions, s)
	if d.perOwner[s.viewer.Partner]--; d.perOwner[s.viewer.Partner] == 0 {
		delete(d.perOwner, s.viewer.Partner)
	}
	if len(d.sessions) == 0 {
		d.empty.Broadcast()
	}
}

func (d *door) inside() []*session {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]*session, 0, len(d.sessions))
	for s := range d.sessions {
		all = append(all, s)
	}
	return all
}

// close lets nobody in any more and asks all to reconnect elsewhere.
func (d *door) close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	for _, s := range d.inside() {
		s.end(endRestart)
	}
}

// wait returns when all have left or ctx ends.
func (d *door) wait(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.empty.Broadcast()
	})
	defer stop()
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.sessions) > 0 && ctx.Err() == nil {
		d.empty.Wait()
	}
}

// recheck asks again for every credential in use, once for each, and ends the
// connections of those that are refused. While the answer cannot be had they
// stay: the same outage keeps new data from them.
func (d *door) recheck(authenticate func(*http.Request) (partners.Principal, error)) {
	type answer struct {
		viewer partners.Principal
		lapsed bool
	}
	answers := map[string]answer{}
	for _, s := range d.inside() {
		credential := s.request.Header.Get("Authorization") + "\n" + s.request.Header.Get("Cookie")
		a, asked := answers[credential]
		if !asked {
			viewer, err := authenticate(s.request)
			a = answer{viewer, refused(err)}
			if err != nil {
				a.viewer = s.viewer
			}
			answers[credential] = a
		}
		if a.lapsed || a.viewer != s.viewer {
			s.end(endLapsed)
		}
	}
}

func refused(err error) bool {
	if err == nil {
		return false
	}
	switch fault.KindOf(err) {
	case fault.Unauthorized, fault.Forbidden, fault.NotFound:
		return true
	default:
		return false
	}
}

// revoke ends the connections of a key without waiting for the next check, and
// lets none of it in while a cache may still believe it.
func (d *door) revoke(key uuid.UUID) {
	d.mu.Lock()
	d.revoked[key] = time.Now()
	d.mu.Unlock()
	for _, s := range d.inside() {
		if s.viewer.Key == key {
			s.end(endLapsed)
		}
	}
}

// forget drops the revoked keys that no cache holds any more.
func (d *door) forget(before time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for key, at := range d.revoked {
		if at.Before(before) {
			delete(d.revoked, key)
		}
	}
}

// revoke looks for revoked keys among the events.
func (h *Hub) revoke(events []event.Event) {
	for i := range events {
		if events[i].Type != (partners.KeyRevoked{}).EventType() {
			continue
		}
		var data partners.KeyRevoked
		if json.Unmarshal(events[i].Data, &data) == nil && data.Key != uuid.Nil { // else the next check finds it
			h.door.revoke(data.Key)
		}
	}
}

// admit lets a request in, or says why not. The request is kept, cut loose
// from its connection.
func (h *Hub) admit(r *http.Request, p partners.Principal, end func(ending)) (*session, error) {
	s := &session{viewer: p, request: r.Clone(context.Background()), end: end}
	s.request.Body = nil
	return s, h.door.enter(s)
}

// backOff spreads returning clients, so that they don't all come at once.
func backOff(spread int64) time.Duration { return time.Duration(500+spread%1500) * time.Millisecond }

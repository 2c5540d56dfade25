package integration

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"github.com/hexabuilders/campaignd/event"
	"github.com/hexabuilders/campaignd/fault"
)

var (
	// ErrLetterNotFound is also the answer for another partner's.
	ErrLetterNotFound = fault.New(fault.NotFound, "dead_letter_not_found", "There is no such dead letter.",
		"Check the id; GET /api/v1/dead-letters lists those there are.")
	// ErrLetterClosed says that a letter has been replayed or dropped.
	ErrLetterClosed = fault.New(fault.Conflict, "dead_letter_closed", "The message was replayed or dropped already.",
		"Nothing is left to do; send a new event with another id to say something new.")
	// ErrLetterBehind says that an earlier message of the same key comes first.
	ErrLetterBehind = fault.New(fault.Conflict, "dead_letter_waits", "An earlier message of the same key is still open.",
		"Replay or drop that one; this one follows by itself.")
	// ErrReplay says that the message failed once more.
	ErrReplay = fault.New(fault.Invalid, "replay_failed", "The message failed once more.",
		"Mend what its reason names and replay it again, or drop it.")
)

// LetterStore keeps letters. A partner of uuid.Nil finds everybody's.
type LetterStore interface {
	// Park stores a letter. The same message of the same topic, redelivered,
	// stays one letter while that is open.
	Park(ctx context.Context, l event.Letter) error
	// OpenKeys are the keys of a topic that have open letters.
	OpenKeys(ctx context.Context, topic string) (map[string]bool, error)
	// Due are letters whose next try has come, the oldest first.
	Due(ctx context.Context, now time.Time, limit int) ([]event.Letter, error)
	// First is a key's first open letter, uuid.Nil without one.
	First(ctx context.Context, topic, key string) (uuid.UUID, error)
	// Get is false without such a letter, or with another partner's.
	Get(ctx context.Context, partner uuid.UUID, id uuid.UUID) (l event.Letter, ok bool, err error)
	// Move stores what became of a letter unless it has left the state from.
	Move(ctx context.Context, l event.Letter, from event.LetterState) (moved bool, err error)
	// List has the newest first; without states, all of them.
	List(ctx context.Context, partner uuid.UUID, states []event.LetterState, limit int, cursor string) (items []event.Letter, next string, err error)
	// Count is how many there are in each state.
	Count(ctx context.Context, partner uuid.UUID) (map[event.LetterState]int, error)
	// Purge forgets closed letters that changed before.
	Purge(ctx context.Context, before time.Time) error
}

// Take takes in one message of a topic; an error says why not.
type Take func(ctx context.Context, m event.Message) error

// Letters keeps what could not be taken in, tries it again, and lets people
// decide about the rest.
type Letters struct {
	store LetterStore
	now   func() time.Time
	ids   func() uuid.UUID
	takes map[string]Take // topic → how its messages are taken in
}

// NewLetters keeps letters in a store. Ids have to grow, as UUIDs of version 7
// do: they are the order of a key's letters.
func NewLetters(store LetterStore, now func() time.Time, ids func() uuid.UUID) *Letters {
	return &Letters{store: store, now: func() time.Time { return now().UTC().Truncate(time.Microsecond) }, ids: ids, takes: map[string]Take{}}
}

// Register says how messages of a topic are taken in. It is called before
// anything runs.
func (l *Letters) Register(topic string, take Take) { l.takes[topic] = take }

// MostTries is how often a message is tried before a person has to look at it.
const MostTries = 5

// pauses is how long after the try before each further one is made.
var pauses = [MostTries]time.Duration{0, time.Second, 4 * time.Second, 15 * time.Second, 40 * time.Second}

// KeepLetters is how long closed letters are kept.
const KeepLetters = 90 * 24 * time.Hour

// park keeps a message after its first failure, or behind another when why is
// nil.
func (l *Letters) park(ctx context.Context, broker string, m event.Message, partner uuid.UUID, why error) error {
	letter := event.Letter{ID: l.ids(), Broker: broker, Message: m, Partner: partner, State: event.Waiting, ArrivedAt: l.now(), ChangedAt: l.now()}
	if why != nil {
		l.failed(&letter, why)
	}
	if why != nil {
		slog.WarnContext(ctx, "message could not be taken in", "dead_letter", letter.ID, "topic", m.Topic, "state", letter.State, "reason", letter.Reason)
	}
	return l.store.Park(ctx, letter)
}

// failed notes a failure: the next try, or that there is none.
func (l *Letters) failed(letter *event.Letter, why error) {
	letter.Tries++
	letter.ChangedAt, letter.NextAt = l.now(), nil
	letter.Code, letter.Reason = reasonOf(why)
	letter.State = event.Dead
	if letter.Tries < MostTries && !hopeless(why) {
		next := l.now().Add(pauses[letter.Tries])
		letter.State, letter.NextAt = event.Retrying, &next
	}
}

// hopeless reports whether no further try can succeed: the message cannot be
// read, or says what may not be said.
func hopeless(why error) bool {
	kind := fault.KindOf(why)
	return kind == fault.Malformed || kind == fault.Invalid || kind == fault.TooLarge
}

// reasonOf is a failure as people may see it.
func reasonOf(why error) (code, reason string) {
	f := fault.As(why)
	if f == nil {
		return "internal", "The program failed; its log says why."
	}
	reason = f.Detail
	for i, field := range f.Fields {
		if i == mostFields {
			reason += fmt.Sprintf(" (%d more)", len(f.Fields)-i)
			break
		}
		reason += " " + field.Path + ": " + field.Detail
	}
	return f.Code, reason
}

const mostFields = 5 // of a failure, that a reason names

// attempt takes a message in; a panic is a failure like any other.
func (l *Letters) attempt(ctx context.Context, m event.Message) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	take, ok := l.takes[m.Topic]
	if !ok {
		return fmt.Errorf("nothing takes in messages of %s", m.Topic)
	}
	if err = take(ctx, m); err != nil && fault.As(err) == nil {
		slog.ErrorContext(ctx, "message failed", "topic", m.Topic, "id", m.ID, "error", err)
	}
	return err
}

const dueAtOnce = 200

// RetryDue tries again what is due.
func (l *Letters) RetryDue(ctx context.Context) error {
	due, err := l.store.Due(ctx, l.now(), dueAtOnce)
	for _, letter := range due {
		if err == nil {
			_, err = l.try(ctx, letter)
		}
	}
	return err
}

// try makes one try of an open letter, and goes on with those behind it when
// it succeeds. why is what the message failed on.
func (l *Letters) try(ctx context.Context, letter event.Letter) (why, err error) {
	if why, err = l.tryOne(ctx, letter); why != nil || err != nil {
		return why, err
	}
	return nil, l.release(ctx, letter.Message)
}

// tryOne is try without those behind. What the store's absence makes fail is no
// try: the message has no part in it.
func (l *Letters) tryOne(ctx context.Context, letter event.Letter) (why, err error) {
	from := letter.State
	switch why = l.attempt(ctx, letter.Message); {
	case why == nil:
		letter.State, letter.NextAt, letter.ChangedAt = event.Replayed, nil, l.now()
		letter.Tries++
	case fault.KindOf(why) == fault.Unavailable:
		return why, why
	default:
		l.failed(&letter, why)
		if from == event.Dead {
			letter.State, letter.NextAt = event.Dead, nil
		}
	}
	_, err = l.store.Move(ctx, letter, from)
	return why, err
}

// release takes in what waits behind a message that is settled, until one of
// those fails in its turn.
func (l *Letters) release(ctx context.Context, m event.Message) error {
	if m.Key == "" {
		return nil
	}
	for {
		first, err := l.store.First(ctx, m.Topic, m.Key)
		if err != nil || first == uuid.Nil {
			return err
		}
		next, ok, err := l.store.Get(ctx, uuid.Nil, first)
		if err != nil || !ok || next.State != event.Waiting {
			return err
		}
		if why, err := l.tryOne(ctx, next); why != nil || err != nil {
			return err
		}
	}
}

// Replay tries an open letter now and returns it as it then is. Its errors are
// ErrLetterNotFound, ErrLetterClosed, ErrLetterBehind, and ErrReplay with the
// reason.
func (l *Letters) Replay(ctx context.Context, partner uuid.UUID, id uuid.UUID) (event.Letter, error) {
	letter, err := l.open(ctx, partner, id)
	if err != nil {
		return letter, err
	}
	why, err := l.try(ctx, letter)
	if err != nil {
		return letter, err
	}
	if why != nil {
		code, reason := reasonOf(why)
		return letter, ErrReplay.With("The message failed once more: %s", reason).WithExtra("reason_code", code)
	}
	return l.Get(ctx, partner, id)
}

// Drop closes an open letter without taking it in; what waits behind it goes on.
func (l *Letters) Drop(ctx context.Context, partner uuid.UUID, id uuid.UUID) (event.Letter, error) {
	letter, err := l.open(ctx, partner, id)
	if err != nil {
		return letter, err
	}
	from := letter.State
	letter.State, letter.NextAt, letter.ChangedAt = event.Dropped, nil, l.now()
	if moved, err := l.store.Move(ctx, letter, from); err != nil || !moved {
		return letter, errors.Join(err, closed(moved))
	}
	return letter, l.release(ctx, letter.Message)
}

func closed(moved bool) error {
	if moved {
		return nil
	}
	return ErrLetterClosed
}

// open is a letter that can be decided about.
func (l *Letters) open(ctx context.Context, partner uuid.UUID, id uuid.UUID) (event.Letter, error) {
	letter, err := l.Get(ctx, partner, id)
	if err != nil {
		return letter, err
	}
	if !letter.State.Open() {
		return letter, ErrLetterClosed
	}
	if letter.State == event.Waiting {
		first, err := l.store.First(ctx, letter.Message.Topic, letter.Message.Key)
		if err != nil {
			return letter, err
		}
		if first != id {
			return letter, ErrLetterBehind.WithExtra("first", first)
		}
	}
	return letter, nil
}

// Get is a letter of a partner, of uuid.Nil anybody's.
func (l *Letters) Get(ctx context.Context, partner uuid.UUID, id uuid.UUID) (event.Letter, error) {
	letter, ok, err := l.store.Get(ctx, partner, id)
	if err == nil && !ok {
		err = ErrLetterNotFound
	}
	return letter, err
}

// List is a page of letters, the newest first.
func (l *Letters) List(ctx context.Context, partner uuid.UUID, states []event.LetterState, limit int, cursor string) ([]event.Letter, string, error) {
	return l.store.List(ctx, partner, states, limit, cursor)
}

// Count is how many letters there are in each state.
func (l *Letters) Count(ctx context.Context, partner uuid.UUID) (map[event.LetterState]int, error) {
	return l.store.Count(ctx, partner)
}

// Purge forgets what was closed long ago.
func (l *Letters) Purge(ctx context.Context) error {
	return l.store.Purge(ctx, l.now().Add(-KeepLetters))
}

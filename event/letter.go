package event

import (
	"time"

	"github.com/google/uuid"
)

// LetterState is where a message that could not be taken in stands.
type LetterState string

// The states of a letter. Those before Replayed are open: the key waits.
const (
	Retrying LetterState = "retrying" // it is tried again at NextAt
	Dead     LetterState = "dead"     // every try failed, or none can succeed: a person decides
	Waiting  LetterState = "waiting"  // behind an open one of its key
	Replayed LetterState = "replayed" // it was taken in after all
	Dropped  LetterState = "dropped"  // a person has said that it is not needed
)

// LetterStates are all of them.
var LetterStates = []LetterState{Retrying, Dead, Waiting, Replayed, Dropped}

// Open reports whether the messages behind it wait.
func (s LetterState) Open() bool { return s == Retrying || s == Dead || s == Waiting }

// Letter is a message from a broker that could not be taken in.
type Letter struct {
	ID        uuid.UUID // in the order of arrival
	Partner   uuid.UUID // uuid.Nil while it is not known whose it is
	Broker    string
	Message   Message
	State     LetterState
	Code      string // of the last failure, as problems have it
	Reason    string // a sentence, fit to be shown
	Tries     int
	NextAt    *time.Time // with Retrying
	ArrivedAt time.Time
	ChangedAt time.Time
}

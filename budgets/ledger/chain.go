package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"
)

// Hash is SHA-256 over an entry and the hash of the one before.
type Hash [sha256.Size]byte

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Link is the hash of an entry whose lines are the bytes in body, after the
// entry whose hash is before (zero for the first).
func Link(before Hash, partner uuid.UUID, seq, recordedAt int64, body []byte) (h Hash) {
	head := make([]byte, 0, len(before)+16+16)
	head = append(head, before[:]...)
	head = append(head, partner[:]...)
	head = binary.BigEndian.AppendUint64(head, uint64(seq))
	head = binary.BigEndian.AppendUint64(head, uint64(recordedAt))
	sum := sha256.New()
	sum.Write(head)
	sum.Write(body)
	sum.Sum(h[:0])
	return h
}

// Head is the end of a partner's chain; zero before the first entry.
type Head struct {
	Seq  int64
	Hash Hash
}

// Stored is an entry as the store has it.
type Stored struct {
	Partner    uuid.UUID
	Seq        int64
	RecordedAt int64
	Hash       Hash
	Body       []byte
}

// Entry decodes what is stored, without proving it.
func (s Stored) Entry() (Entry, error) {
	lines, err := Decode(s.Body)
	return Entry{Partner: s.Partner, Seq: s.Seq, RecordedAt: s.RecordedAt, Hash: s.Hash, Lines: lines}, err
}

// Break is the first thing that is wrong with a chain.
type Break struct {
	Seq int64 // the first bad entry
	Why string
}

func (b *Break) Error() string { return fmt.Sprintf("ledger: entry %d: %s", b.Seq, b.Why) }

// Walk proves a partner's entries one after the other. Its zero value with the
// Partner is before the first.
type Walk struct {
	Partner uuid.UUID
	Head    Head  // of what was proved
	at      int64 // recorded_at of the last
}

// Next proves the next entry and decodes it. The error is a *Break.
func (w *Walk) Next(s Stored) (Entry, error) {
	want := w.Head.Seq + 1
	switch {
	case s.Seq > want:
		return Entry{}, &Break{want, fmt.Sprintf("it is missing; the next that is there is %d", s.Seq)}
	case s.Seq < want:
		return Entry{}, &Break{s.Seq, "its number does not follow the one before"}
	case s.RecordedAt <= w.at && w.Head.Seq > 0:
		return Entry{}, &Break{s.Seq, "it was not recorded after the one before"}
	case Link(w.Head.Hash, w.Partner, s.Seq, s.RecordedAt, s.Body) != s.Hash:
		return Entry{}, &Break{s.Seq, "its hash is not that of its content and the entry before"}
	}
	e, err := s.Entry()
	if err != nil {
		return Entry{}, &Break{s.Seq, err.Error()}
	}
	for i, l := range e.Lines {
		sum := int64(0)
		for _, p := range l.Postings() {
			sum += p.Amount
		}
		if sum != 0 {
			return Entry{}, &Break{s.Seq, fmt.Sprintf("line %d does not balance", i)}
		}
	}
	w.Head, w.at = Head{s.Seq, s.Hash}, s.RecordedAt
	return e, nil
}

// End holds the chain against the head that is kept apart from it. The error
// is a *Break.
func (w *Walk) End(kept Head) error {
	switch {
	case w.Head.Seq < kept.Seq:
		return &Break{w.Head.Seq + 1, fmt.Sprintf("it is missing; the log head says that there are %d", kept.Seq)}
	case w.Head.Seq > kept.Seq:
		return &Break{kept.Seq + 1, fmt.Sprintf("the log head says that there are only %d", kept.Seq)}
	case w.Head.Hash != kept.Hash:
		return &Break{kept.Seq, "its hash is not the one in the log head"}
	}
	return nil
}

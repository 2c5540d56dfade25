package adplatform

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// identify is the row's event id: a hash of what says which delivery it is
// about, and its place among the rows of the file that say the same. Figures
// are no part of it, so that a row which was restated is recognised.
func (r *Reader) identify(row *Row) string {
	b := make([]byte, 0, 256)
	b = appendText(b, r.format.platform)
	b = appendText(b, row.ExternalAccount)
	b = appendText(b, row.ExternalCampaign)
	b = binary.AppendVarint(b, int64(row.Day))
	b = binary.AppendVarint(b, int64(row.Hour))
	for _, column := range r.format.identity {
		b = appendText(b, r.cells.text(column))
	}
	sum := sha256.Sum256(b)
	place := r.count(sum)
	sum = sha256.Sum256(binary.AppendUvarint(b, uint64(place)))
	return r.format.platform + ":" + hex.EncodeToString(sum[:16])
}

// count is how many rows with this identity came before.
func (r *Reader) count(identity [sha256.Size]byte) uint32 {
	key := binary.LittleEndian.Uint64(identity[:])
	before := r.seen[key]
	r.seen[key] = before + 1
	return before
}

// appendText adds the length too: "ab","c" is not "a","bc".
func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// metadata keeps, beside the event, what names the row at the platform.
func (r *Reader) metadata(row *Row) string {
	named := map[string]string{}
	keep := func(name, value string) {
		if value != "" {
			named[name] = value
		}
	}
	keep("account", row.ExternalAccount)
	keep("campaign", row.ExternalCampaign)
	for _, column := range r.format.identity {
		keep(column, r.cells.text(column))
	}
	text, err := json.Marshal(named)
	if err != nil {
		panic(fmt.Sprintf("adplatform: a map of strings cannot be written as JSON: %v", err))
	}
	return string(text)
}

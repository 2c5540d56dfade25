package wire

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/hexabuilders/campaignd/performance"
)

// AppendReceipt writes the answer to a request as JSON:
// {"accepted","duplicates","rejected":[{"index","code","detail"}]}, and when
// something was accepted "recorded_at" and "seq", which tell a live client when
// it has caught up. When more were refused than are listed, "rejected_total"
// counts them.
func AppendReceipt(dst []byte, r performance.Receipt) []byte {
	dst = append(dst, `{"accepted":`...)
	dst = strconv.AppendInt(dst, int64(r.Accepted), 10)
	dst = append(dst, `,"duplicates":`...)
	dst = strconv.AppendInt(dst, int64(r.Duplicates), 10)
	dst = append(dst, `,"rejected":[`...)
	for i, x := range r.Rejected {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendRejection(dst, x)
	}
	dst = append(dst, ']')
	if r.Refused > len(r.Rejected) {
		dst = append(dst, `,"rejected_total":`...)
		dst = strconv.AppendInt(dst, int64(r.Refused), 10)
	}
	if r.Seq > 0 {
		dst = append(dst, `,"recorded_at":"`...)
		dst = r.RecordedAt.UTC().AppendFormat(dst, time.RFC3339Nano)
		dst = append(dst, `","seq":`...)
		dst = strconv.AppendInt(dst, r.Seq, 10)
	}
	return append(dst, "}\n"...)
}

func appendRejection(dst []byte, x performance.Rejection) []byte {
	text, err := json.Marshal(x)
	if err != nil { // two strings and a number: cannot happen
		panic("wire: " + err.Error())
	}
	return append(dst, text...)
}

// Package chunk stores the events of one campaign and one commit as one value,
// column by column: times as differences, texts through dictionaries, numbers
// as varints, and the whole compressed when that pays. An event of usual
// content takes some 25 bytes, 16 of them its id.
//
// # Layout
//
//	byte     version, 1
//	byte     flags: bit 0, the columns are compressed (Zstandard)
//	4 bytes  CRC-32C of every other byte, little endian
//	head     uvarint count; varint least and greatest time; varint sum of each
//	         metric that adds up
//	columns  uvarint length, then as many bytes: times, masks, texts, values,
//	         custom values; with bit 0 they are preceded by their true length
//	ids      byte kind; 16 bytes each when all are UUIDs, else a text column
//
// The checksum is verified before anything else is read, so a flipped bit is
// found and never served; and whatever the bytes are, reading them ends in an
// error rather than a panic or unbounded memory.
//
// A later layout gets another version; every version stays readable.
package chunk

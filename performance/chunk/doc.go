// Package chunk stores events of one campaign as one value, column by column:
// times as differences, texts through dictionaries, numbers as varints, and
// each group of columns compressed when that pays. A chunk holds the events of
// one commit; a merged one those of many, each with its recorded_at.
//
// # Layout 2
//
//	byte     version, 2
//	byte     flags: bit 0, the events have their own recorded_at
//	4 bytes  CRC-32C of every other byte, little endian
//	head     uvarint count; varint least and greatest time; varint sum of each
//	         metric that adds up
//	sections five groups of columns, each as uvarint length, uvarint length
//	         when compressed (Zstandard) or 0, and the bytes
//
// The sections are the clocks (times; with bit 0 recorded_at through a
// dictionary; masks of the metrics given), the dimensions, the values (metrics,
// custom values), the texts (currency, correlation id, metadata, cause and
// reference of a restatement), and the ids (see appendIDs). Who adds values up
// reads the first three and leaves the others packed: see Scanner. A column of
// numbers begins with its unit, so that whole seconds and whole cents are small.
//
// A merged chunk has a digest beside it (see Digest): its sums by channel and
// by the values of each other dimension, which answer most questions about it.
//
// Layout 1 had one group of columns without cause and reference, and the ids
// beside it. It is still read; nothing writes it any more.
//
// The checksum is verified before anything else is read, so a flipped bit is
// found and never served; and whatever the bytes are, reading them ends in an
// error rather than a panic or unbounded memory.
package chunk

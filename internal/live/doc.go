// Package live shows campaigns and partners as they move: over centrifuge
// (/connection/websocket), and as plain Server-Sent Events or WebSocket
// messages, one JSON object each.
//
// # Flow
//
// The relay hands every node the events of the log as they are committed, in
// the order of each partner's sequence. Publish turns them into messages
// {"type","seq","at","data"} on the channels campaign:<id> and partner:<id>. A
// message's seq is that of the (last) event inside it, so within a channel seq
// only grows, whatever node says it.
//
// Metrics updates carry totals and never increments, so that frames can be
// merged: at most one per interval and channel, and fewer for a client that
// reads slowly. Every other message is delivered one by one, after the metrics
// that came before it.
//
// # What a client may rely on
//
//   - The first message is a snapshot with the seq it includes; then comes every
//     message after that seq, in order, each once.
//   - A client that returns with its last seq gets exactly what it missed, or
//     the word resync and a new snapshot. There is never a silent gap: a gap in
//     the feed itself, too, is answered with resync.
//   - A channel of another partner is not found.
//   - When its credential ends, deliveries stop within seconds.
//
// # How
//
// A channel is open while somebody watches it and for a while after. From the
// moment it opens, its messages go into a ring, bounded in bytes. Joining is
// one step under the partner's lock: the snapshot, then what the ring has after
// the snapshot's seq, then live. A snapshot is reused for a moment, so a crowd
// that reconnects at once costs the database one read for each channel.
//
// Each connection has a bounded queue and a goroutine that writes it out, so a
// client that does not read is waited for by nobody: its metrics frames are
// merged, and past a limit it is told to come back and closed.
package live

// Package bus carries messages through brokers, behind one small port: NATS
// JetStream (in this process, or a cluster elsewhere), Kafka, Pulsar and plain
// HTTP. Each broker is a flat file or two; what they differ in, they declare as
// Features, and one suite holds each to what it declares.
//
// What always holds:
//
//   - Publish returns nil only when every message is durable at the broker. A
//     batch that failed may be there in part, or whole, and is sent again with
//     the same ids: at least once.
//   - Messages of one key stay in order, across batches and retries, as long as
//     one sender at a time publishes (the relay's lease sees to that). A batch
//     that is sent again begins again at its first message.
//   - Consume hands over batches and settles each only after the handler
//     returned nil, so that a crash brings the batch again. Those who consume in
//     one group share the messages.
//   - A broker that is down is no reason not to start: connections are made in
//     the background and again for ever. Health says how it is.
package bus

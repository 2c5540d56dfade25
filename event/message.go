package event

// Message is an event as it travels through a broker, whole: a CloudEvent or,
// for delivery facts, a document of them. Who sends and who receives agree on
// it without knowing the broker.
type Message struct {
	// Topic is the stream that it belongs to, such as "campaign-management.events".
	Topic string
	// Route refines the topic where a broker can choose by it, as a subject of
	// NATS can: "<partner>.campaign.launched". It may be empty.
	Route string
	// Key holds messages in order: those of one key arrive as they were sent.
	// Without one a message stands for itself.
	Key string
	// ID is the event's, the same however often it is sent.
	ID string
	// ContentType says how Body is written.
	ContentType string
	Body        []byte
}

package live

// Stats is what the hub holds at the moment, for the operations metrics.
type Stats struct {
	Connections  int
	Channels     int   // open: watched, or watched a while ago
	HistoryBytes int64 // in all rings
}

// Stats counts connections, open channels and what their rings hold.
func (h *Hub) Stats() Stats {
	return Stats{
		Connections:  len(h.door.inside()),
		Channels:     int(h.opened.Load()),
		HistoryBytes: h.history.Load(),
	}
}

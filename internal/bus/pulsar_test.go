//go:build pulsar

package bus

import (
	"bufio"
	"encoding/binary"
	"hash/fnv"
	"io"
	"net"
	"sync"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

func init() {
	backends["Pulsar"] = func(t *testing.T) bench {
		b, err := Open(Target{URL: "pulsar://" + startFakePulsar(t)})
		return begun(t, b, err)
	}
}

// The commands of Pulsar's binary protocol that the fake speaks; a command's
// body stands in the field of the same number.
const (
	cmdConnect, cmdConnected, cmdSubscribe, cmdProducer, cmdSend, cmdReceipt = 2, 3, 4, 5, 6, 7
	cmdMessage, cmdAck, cmdFlow, cmdSuccess                                  = 9, 10, 11, 13
	cmdCloseProducer, cmdCloseConsumer, cmdProducerSuccess                   = 15, 16, 17
	cmdPing, cmdPong, cmdRedeliver                                           = 18, 19, 20
	cmdPartitions, cmdPartitionsAnswer, cmdLookup, cmdLookupAnswer           = 21, 22, 23, 24
)

// fakePulsar is a broker with topics of one partition, in memory: enough to
// produce, to consume with Key_Shared, to ack and to nack.
type fakePulsar struct {
	addr string
	mu   sync.Mutex
	logs map[string][]stored              // by topic
	subs map[string]map[string]*fakeGroup // by topic and subscription
}

// stored is a message as it came: metadata and payload with their checksum.
type stored struct {
	frame []byte
	key   string
}

type fakeGroup struct {
	members []*fakeMember
	settled map[int]bool
	sent    map[int]*fakeMember
}

type fakeMember struct {
	conn    *fakeConn
	id      uint64
	permits uint64
	group   *fakeGroup
	topic   string
}

type fakeConn struct {
	broker    *fakePulsar
	mu        sync.Mutex
	out       net.Conn
	producers map[uint64]string // id → topic
	members   map[uint64]*fakeMember
}

func startFakePulsar(t *testing.T) string {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &fakePulsar{addr: l.Addr().String(), logs: map[string][]stored{}, subs: map[string]map[string]*fakeGroup{}}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go b.serve(conn)
		}
	}()
	return b.addr
}

func (b *fakePulsar) serve(conn net.Conn) {
	c := &fakeConn{broker: b, out: conn, producers: map[uint64]string{}, members: map[uint64]*fakeMember{}}
	defer c.gone()
	in := bufio.NewReader(conn)
	for {
		var size uint32
		if binary.Read(in, binary.BigEndian, &size) != nil {
			return
		}
		frame := make([]byte, size)
		if _, err := io.ReadFull(in, frame); err != nil {
			return
		}
		n := binary.BigEndian.Uint32(frame)
		b.mu.Lock()
		c.command(frame[4:4+n], frame[4+n:])
		b.mu.Unlock()
	}
}

// gone gives back what the members of a broken connection held.
func (c *fakeConn) gone() {
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	_ = c.out.Close()
	for id := range c.members {
		c.leave(id)
	}
}

func (c *fakeConn) leave(id uint64) {
	m := c.members[id]
	if m == nil {
		return
	}
	delete(c.members, id)
	for i, x := range m.group.members {
		if x == m {
			m.group.members = append(m.group.members[:i], m.group.members[i+1:]...)
			break
		}
	}
	for n, to := range m.group.sent {
		if to == m {
			delete(m.group.sent, n)
		}
	}
	c.broker.deliver(m.topic, m.group)
}

// fields are the numbers and texts of a message, the last of each field.
func fields(b []byte) (numbers map[int]uint64, texts map[int][]byte, all [][]byte) {
	numbers, texts = map[int]uint64{}, map[int][]byte{}
	for len(b) > 0 {
		n, kind, size := protowire.ConsumeTag(b)
		b = b[size:]
		switch kind {
		case protowire.VarintType:
			v, size := protowire.ConsumeVarint(b)
			numbers[int(n)], b = v, b[size:]
		case protowire.BytesType:
			v, size := protowire.ConsumeBytes(b)
			texts[int(n)], b = v, b[size:]
			all = append(all, v)
		default:
			b = b[protowire.ConsumeFieldValue(n, kind, b):]
		}
	}
	return numbers, texts, all
}

func (c *fakeConn) command(cmd, rest []byte) {
	head, bodies, _ := fields(cmd)
	kind := int(head[1])
	n, s, all := fields(bodies[kind])
	b := c.broker
	switch kind {
	case cmdConnect:
		c.send(cmdConnected, nil, text(1, "fake"), number(2, 19), number(3, 5<<20))
	case cmdPing:
		c.send(cmdPong, nil)
	case cmdPartitions:
		c.send(cmdPartitionsAnswer, nil, number(1, 0), number(2, n[2]), number(3, 0))
	case cmdLookup:
		c.send(cmdLookupAnswer, nil, text(1, "pulsar://"+b.addr), number(3, 1), number(4, n[2]), number(5, 1))
	case cmdProducer:
		c.producers[n[2]] = string(s[1])
		c.send(cmdProducerSuccess, nil, number(1, n[3]), text(2, "fake"), number(3, ^uint64(0)), number(6, 1))
	case cmdSend:
		b.store(c.producers[n[1]], rest)
		c.send(cmdReceipt, nil, number(1, n[1]), number(2, n[2]), bytesField(3, messageID(len(b.logs[c.producers[n[1]]])-1)))
	case cmdSubscribe:
		c.subscribe(string(s[1]), string(s[2]), n[4])
		c.send(cmdSuccess, nil, number(1, n[5]))
	case cmdFlow:
		if m := c.members[n[1]]; m != nil {
			m.permits += n[2]
			b.deliver(m.topic, m.group)
		}
	case cmdAck, cmdRedeliver:
		c.settle(kind, n[1], all)
	case cmdCloseConsumer:
		c.leave(n[1])
		c.send(cmdSuccess, nil, number(1, n[2]))
	case cmdCloseProducer:
		c.send(cmdSuccess, nil, number(1, n[2]))
	}
}

// store keeps a message; its metadata stands behind a checksum and a size.
func (b *fakePulsar) store(topic string, frame []byte) {
	size := binary.BigEndian.Uint32(frame[6:])
	_, s, _ := fields(frame[10 : 10+size])
	b.logs[topic] = append(b.logs[topic], stored{frame, string(s[6])})
	for _, group := range b.subs[topic] {
		b.deliver(topic, group)
	}
}

func (c *fakeConn) subscribe(topic, name string, id uint64) {
	b := c.broker
	if b.subs[topic] == nil {
		b.subs[topic] = map[string]*fakeGroup{}
	}
	group := b.subs[topic][name]
	if group == nil {
		group = &fakeGroup{settled: map[int]bool{}, sent: map[int]*fakeMember{}}
		b.subs[topic][name] = group
	}
	m := &fakeMember{conn: c, id: id, group: group, topic: topic}
	group.members = append(group.members, m)
	c.members[id] = m
}

// settle forgets what was acked for good, and sends again what was nacked.
func (c *fakeConn) settle(kind int, id uint64, ids [][]byte) {
	m := c.members[id]
	if m == nil {
		return
	}
	for _, raw := range ids {
		n, _, _ := fields(raw)
		delete(m.group.sent, int(n[2]))
		if kind == cmdAck {
			m.group.settled[int(n[2])] = true
		}
	}
	c.broker.deliver(m.topic, m.group)
}

// deliver sends what nobody has, each key to one member.
func (b *fakePulsar) deliver(topic string, group *fakeGroup) {
	if len(group.members) == 0 {
		return
	}
	held := map[string]bool{} // keys that wait for a permit
	for i, m := range b.logs[topic] {
		if group.settled[i] || group.sent[i] != nil {
			continue
		}
		h := fnv.New32a()
		_, _ = h.Write([]byte(m.key))
		to := group.members[int(h.Sum32())%len(group.members)]
		if to.permits == 0 || held[m.key] {
			held[m.key] = true
			continue
		}
		to.permits--
		group.sent[i] = to
		to.conn.send(cmdMessage, m.frame, number(1, to.id), bytesField(2, messageID(i)))
	}
}

func messageID(entry int) []byte {
	return append(number(1, 1), number(2, uint64(entry))...)
}

func number(field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, field, protowire.VarintType), v)
}

func text(field protowire.Number, v string) []byte { return bytesField(field, []byte(v)) }

func bytesField(field protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, field, protowire.BytesType), v)
}

// send writes one frame.
func (c *fakeConn) send(kind uint64, rest []byte, members ...[]byte) {
	var body []byte
	for _, m := range members {
		body = append(body, m...)
	}
	cmd := append(number(1, kind), bytesField(protowire.Number(kind), body)...)
	frame := binary.BigEndian.AppendUint32(nil, uint32(4+len(cmd)+len(rest)))
	frame = binary.BigEndian.AppendUint32(frame, uint32(len(cmd)))
	frame = append(append(frame, cmd...), rest...)
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = c.out.Write(frame)
}

package panel

import (
	"container/list"
	"context"
	"sync"

	"github.com/google/uuid"
	"golang.org/x/sync/singleflight"
)

// cache holds indexes in a bounded memory, those used last.
type cache struct {
	limit int64

	mu    sync.Mutex
	used  int64
	order *list.List // of *Index, the one used last in front
	by    map[uuid.UUID]*list.Element
	build singleflight.Group
}

func newCache(limit int64) *cache {
	return &cache{limit: limit, order: list.New(), by: map[uuid.UUID]*list.Element{}}
}

// get is the index of a panel, made when it is not at hand: once, however many
// ask for it at the same time.
func (c *cache) get(ctx context.Context, id uuid.UUID, build func(context.Context) (*Index, error)) (*Index, error) {
	if ix := c.peek(id); ix != nil {
		return ix, nil
	}
	made := c.build.DoChan(id.String(), func() (any, error) {
		ix, err := build(context.WithoutCancel(ctx)) // others wait for it too
		if err == nil {
			c.put(id, ix)
		}
		return ix, err
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-made:
		ix, _ := r.Val.(*Index)
		return ix, r.Err
	}
}

func (c *cache) peek(id uuid.UUID) *Index {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.by[id]
	if at == nil {
		return nil
	}
	c.order.MoveToFront(at)
	return at.Value.(*Index)
}

// put keeps an index and lets go of the oldest until all fit. One that is
// larger than all the room is kept alone: it was asked for.
func (c *cache) put(id uuid.UUID, ix *Index) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(id)
	c.by[id] = c.order.PushFront(ix)
	c.used += ix.size
	for c.used > c.limit && c.order.Len() > 1 {
		c.drop(c.order.Back().Value.(*Index).state.ID)
	}
}

func (c *cache) forget(id uuid.UUID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(id)
}

func (c *cache) drop(id uuid.UUID) {
	if at := c.by[id]; at != nil {
		c.used -= at.Value.(*Index).size
		c.order.Remove(at)
		delete(c.by, id)
	}
}

// held is how much memory the indexes take, in bytes, and how many there are.
func (c *cache) held() (bytes int64, indexes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.used, c.order.Len()
}

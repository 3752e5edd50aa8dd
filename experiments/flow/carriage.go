package flow

import "math"

// carriage is a partial transport between two sides. Under the prices of the side to, everything is carried to the
// cheapest of that side.
type carriage struct {
	from, to *side
	step     int // the least amount to carry at present
	open     int // how many of the side to have at least a step left

	// Scratch of augment.
	dist   []float64 // of each of the side to
	known  []bool    // of each of the side to, whether dist is final
	before []int     // of each of the side to, the one before it on the path
	via    []int     // of each of the side from, the one before it; see start and noPath
	final  []int     // those of the side to that are known, in order
	queue  queue
}

// What via holds for the start of the paths, and for one that no path has reached.
const (
	start  = -1
	noPath = -2
)

// face lets paths start at the given side.
func (c *carriage) face(from *side) {
	if c.from == from {
		return
	}
	c.from.price = c.from.highestPrices(c.to)
	c.from, c.to = c.to, c.from
	clear(c.from.near)
}

// carrySteps carries amounts until one side has less than a step left everywhere. Paths start at the side where fewer
// have as much.
func (c *carriage) carrySteps() {
	if c.to.waiting(c.step) < c.from.waiting(c.step) {
		c.face(c.to)
	}
	c.open = c.to.waiting(c.step)
	p := prices{costs: c.from.costs, price: c.to.price}
	for i, left := range c.from.left {
		if left < c.step {
			continue
		}
		if j, _ := p.cheapest(i); c.to.left[j] >= c.step {
			c.carry(i, j, min(left, c.to.left[j]))
			c.close(j)
		}
	}
	for i := range c.from.left {
		for c.from.left[i] >= c.step && c.open > 0 {
			c.augment(i)
		}
	}
}

func (c *carriage) carry(i, j, amount int) {
	c.from.add(i, j, amount)
	c.to.add(j, i, amount)
}

// close counts one that has just got an amount and may have less than a step left.
func (c *carriage) close(j int) {
	if c.to.left[j] < c.step {
		c.open--
	}
}

// augment sends what one has left along shortest paths to those of the other side that have a step left, found by
// Dijkstra's algorithm over the reduced costs. A path may take back what was carried. The search goes on after a path
// until nothing is left or a load on the path has been taken back altogether, on which later paths may depend.
func (c *carriage) augment(free int) {
	c.reset()
	c.reach(free, start, 0)
	for whole := true; whole && c.from.left[free] >= c.step && c.open > 0; {
		e := c.queue.pop()
		if e.more {
			c.from.findNear(e.id, c.to.price)
			c.relax(e.id, e.base)
			continue
		}
		j := e.id
		if c.known[j] {
			continue
		}
		c.known[j], c.final = true, append(c.final, j)
		if c.to.left[j] >= c.step {
			whole = c.send(free, j)
		}
		for _, l := range c.to.loads[j] {
			if c.via[l.other] == noPath {
				c.reach(l.other, j, e.dist-(c.from.costs[l.other][j]-c.to.price[j]))
			}
		}
	}
	last := c.dist[c.final[len(c.final)-1]]
	for _, j := range c.final {
		c.to.price[j] += c.dist[j] - last
	}
}

func (c *carriage) reset() {
	for j := range c.to.left {
		c.dist[j], c.known[j] = math.Inf(1), false
	}
	for i := range c.from.left {
		c.via[i] = noPath
	}
	c.queue, c.final = c.queue[:0], c.final[:0]
}

// reach extends the paths to i, with j before it. By way of i, the distance of others is base plus their reduced costs.
func (c *carriage) reach(i, j int, base float64) {
	c.via[i] = j
	if c.from.near[i].ids == nil {
		c.from.findNear(i, c.to.price)
	}
	c.relax(i, base)
}

// relax shortens the paths to those near i. The others follow once the search is as far as they may be.
func (c *carriage) relax(i int, base float64) {
	near, price := c.from.near[i], c.to.price
	costs := near.costs[:len(near.ids)]
	for k, j := range near.ids {
		if d := base + (costs[k] - price[j]); d < c.dist[j] && !c.known[j] {
			c.dist[j], c.before[j] = d, i
			c.queue.push(event{dist: d, id: int(j)})
		}
	}
	if !math.IsInf(near.beyond, 1) {
		c.queue.push(event{dist: base + near.beyond, id: i, more: true, base: base})
	}
}

// send carries as much as possible along the path to the end. It reports whether all loads on the path are still there.
func (c *carriage) send(free, end int) (whole bool) {
	least := math.MaxInt
	for i := c.before[end]; i != free; i = c.before[c.via[i]] {
		least = min(least, c.from.with(i, c.via[i]))
	}
	amount := min(c.from.left[free], c.to.left[end], least)
	for j := end; j != start; {
		i := c.before[j]
		back := c.via[i]
		c.carry(i, j, amount)
		if back != start {
			c.carry(i, back, -amount)
		}
		j = back
	}
	c.close(end)
	return amount < least
}

// event is a step of the search: the distance of one of the side to or, with more, where those that are not near one of
// the side from begin.
type event struct {
	dist, base float64
	id         int
	more       bool
}

// queue is a heap of events, the nearest first. Of equal ones those with more come first, then those of the lowest id.
type queue []event

func (e event) before(o event) bool {
	if e.dist != o.dist {
		return e.dist < o.dist
	}
	if e.more != o.more {
		return e.more
	}
	return e.id < o.id
}

func (q *queue) push(e event) {
	h := append(*q, e)
	k := len(h) - 1
	for k > 0 && e.before(h[(k-1)/2]) {
		h[k] = h[(k-1)/2]
		k = (k - 1) / 2
	}
	h[k] = e
	*q = h
}

func (q *queue) pop() event {
	h := *q
	first, e := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	k := 0
	for 2*k+1 < len(h) {
		child := 2*k + 1
		if child+1 < len(h) && h[child+1].before(h[child]) {
			child++
		}
		if !h[child].before(e) {
			break
		}
		h[k] = h[child]
		k = child
	}
	if len(h) > 0 {
		h[k] = e
	}
	*q = h
	return first
}

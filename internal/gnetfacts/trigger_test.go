//go:build linux

package gnetfacts

import (
	"slices"
	"testing"

	"github.com/panjf2000/gnet/v2/pkg/buffer/elastic"
	"github.com/panjf2000/gnet/v2/pkg/netpoll"
	"github.com/panjf2000/gnet/v2/pkg/queue"
)

// Past a mark, tasks go to a second queue, which those that come later overtake, also with the same priority.
func TestTriggerOvertakes(t *testing.T) {
	const mark = netpoll.MaxPollEventsCap
	w := newWatch(t)
	var order []int
	post := func(p queue.EventPriority, number int, more func()) {
		must(t, w.Trigger(p, func(any) error {
			order = append(order, number)
			if more != nil {
				more()
			}
			return nil
		}, nil))
	}
	post(queue.LowPriority, 0, nil)
	post(queue.LowPriority, 1, func() { post(queue.LowPriority, mark+2, nil) }) // there is room in the first queue by then
	for i := 2; i <= mark; i++ {                                                // the last of them finds it full
		post(queue.LowPriority, i, nil)
	}
	post(queue.HighPriority, mark+1, nil)
	w.each(10, func(int, netpoll.IOEvent) {})

	late := slices.Index(order, mark)
	if len(order) != mark+3 || late < slices.Index(order, mark+1) || late < slices.Index(order, mark+2) {
		t.Errorf("%d tasks ran; the one behind the mark at place %d, later ones at %d and %d: want it last of the three",
			len(order), late, slices.Index(order, mark+1), slices.Index(order, mark+2))
	}
}

// A task that posts a task keeps the sockets waiting for as long as it goes on.
func TestTriggerNeverYields(t *testing.T) {
	const tasks = 5000
	w := newWatch(t)
	ran, events := 0, 0
	var task queue.Func
	task = func(any) error {
		if ran++; ran < tasks {
			return w.Trigger(queue.LowPriority, task, nil)
		}
		t.Logf("%d events before the last of %d tasks", events, tasks)
		if events > 3 {
			t.Errorf("%d events before the last task, want none between the first and the last", events)
		}
		return nil
	}
	fd := signalled(t) // readable all the time
	w.do(w.AddRead, fd, false)
	must(t, w.Trigger(queue.LowPriority, task, nil))
	w.each(10, func(int, netpoll.IOEvent) { events++ })
	if ran != tasks || events < 10 {
		t.Errorf("%d tasks, %d events in 10 rounds", ran, events)
	}
}

// The queue under Trigger makes a node for each task.
func TestTaskQueueAllocates(t *testing.T) {
	q, task := queue.NewLockFreeQueue(), queue.GetTask()
	if n := testing.AllocsPerRun(100, func() { q.Enqueue(task); q.Dequeue() }); n < 1 {
		t.Errorf("%v allocations a task, want at least one", n)
	}
}

// gnet's buffer for what waits copies what it is given, so that a frame shared by many connections would be in memory
// once for each.
func TestElasticBufferCopies(t *testing.T) {
	b, err := elastic.New(1 << 10)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	frame := make([]byte, 4<<10)
	for range 2 { // into its ring, then into its list
		if _, err := b.Write(frame); err != nil {
			t.Fatal(err)
		}
	}
	for i := range frame {
		frame[i] = 'x'
	}
	held, err := b.Peek(-1)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range held {
		if slices.Contains(p, 'x') {
			t.Error("the buffer holds the frame itself")
		}
	}
}

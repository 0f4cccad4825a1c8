package hubalone

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/metrics"
	"time"

	"fanloop/hub"
)

// A Job says how many uids there are, each with one connection, and how many pushes are timed.
type Job struct{ UIDs, Pushes int }

// A Result is what a Job has shown. Times are microseconds, in the mean for one call.
type Result struct {
	UIDs               int
	Bind, Push, Unbind float64
	Longest            float64 // the longest single call, with everything that came between
	LongestCall        string  // which that was
	LongestPause       float64 // the longest time that the collector stopped the program
	CollectorCPU       float64 // seconds
	CPU                float64 // seconds, of all
	BytesPerUID        float64 // heap of the hub, the uid's text included
	Lost               int     // pushes that did not arrive
}

// A bench is a Job that runs.
type bench struct {
	job     Job
	hub     *hub.Hub
	loop    *loop
	refs    []hub.Ref
	names   []string
	outlets []outlet
	result  Result
	sent    int
}

// Run does a Job.
func Run(job Job) Result {
	b := &bench{job: job, loop: &loop{}, result: Result{UIDs: job.UIDs}}
	b.hub = hub.New([]*loop{b.loop}, hub.Options{})
	b.outlets = make([]outlet, job.UIDs)
	b.refs = make([]hub.Ref, job.UIDs)
	b.names = make([]string, job.UIDs)
	for i := range job.UIDs {
		b.refs[i] = &ref{uint64(i + 1), b.outlets}
		b.names[i] = fmt.Sprintf("u%07d", i)
	}
	before := heap()
	b.hub.Do(b.loop, b.measure(before))
	b.collector()
	return b.result
}

func (b *bench) measure(before uint64) func(x *hub.Home) {
	return func(x *hub.Home) {
		b.result.Bind = b.time("bind", b.job.UIDs, func(i int) {
			if x.Bind(b.refs[i], b.names[i]) != nil {
				b.result.Lost++
			}
		})
		b.result.BytesPerUID = float64(heap()-before) / float64(b.job.UIDs)
		message := hub.Text([]byte(`{"uid":"u1","percent":"88%"}`))
		random := rand.New(rand.NewPCG(1, 2))
		count := func(v hub.Verdict) { b.sent += v.Taken }
		b.result.Push = b.time("push", b.job.Pushes, func(int) {
			x.Push(hub.UID(b.names[random.IntN(b.job.UIDs)]), message, count)
		})
		b.result.Lost += b.job.Pushes - b.sent
		b.result.Unbind = b.time("unbind", b.job.UIDs, func(i int) { x.Unbind(b.refs[i]) })
	}
}

// time does n calls and returns the mean. What runs beside a call, such as the collector, counts too.
func (b *bench) time(name string, n int, call func(i int)) (mean float64) {
	begun := time.Now()
	last := begun
	for i := range n {
		call(i)
		now := time.Now()
		if took := microseconds(now.Sub(last)); took > b.result.Longest {
			b.result.Longest, b.result.LongestCall = took, name
		}
		last = now
	}
	return microseconds(last.Sub(begun)) / float64(n)
}

func microseconds(d time.Duration) float64 { return float64(d) / 1e3 }

// heap is what lives on it.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// collector reads what garbage collection has cost since the start.
func (b *bench) collector() {
	samples := []metrics.Sample{
		{Name: "/cpu/classes/gc/total:cpu-seconds"}, {Name: "/cpu/classes/user:cpu-seconds"}, {Name: "/sched/pauses/total/gc:seconds"},
	}
	runtime.GC() // the CPU classes are brought up to date by it
	metrics.Read(samples)
	b.result.CollectorCPU = samples[0].Value.Float64()
	b.result.CPU = samples[0].Value.Float64() + samples[1].Value.Float64()
	h := samples[2].Value.Float64Histogram()
	for i, count := range h.Counts {
		if count > 0 {
			b.result.LongestPause = h.Buckets[i] * 1e6
		}
	}
}

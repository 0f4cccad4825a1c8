//go:build linux

package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

	"fanloop/bench/servers/job"
)

// runBusy pushes to one uid at a time while handlers on the server's HTTP port use all the CPU they can get.
func runBusy(m *measurement) error {
	p, err := readyPusher(m)
	if err != nil {
		return err
	}
	b := burn(m.job.HTTP, m.job.Burners)
	// Pushes that nobody counts, until each handler has been running.
	for b.done.Load() < int64(m.job.Burners) && err == nil {
		if err = b.failed(); err == nil {
			p.push(true)
			err = m.until("pushing beside busy handlers", m.allAnswered)
		}
	}
	m.latency, m.answers = newHistogram(), newHistogram()
	before := b.done.Load()
	m.begin()
	if err == nil {
		err = m.pushOneByOne(p)
	}
	m.end()
	burnt := b.done.Load() - before
	m.pushed()
	delete(m.metrics, CPU) // the handlers'
	delete(m.metrics, PerCPU)
	m.metrics[Burns] = float64(burnt) / m.seconds()
	return errors.Join(err, b.stop())
}

// A burner keeps handlers busy, each from a goroutine of its own. They need next to nothing: an answer takes milliseconds of CPU.
type burner struct {
	done   atomic.Int64 // answers
	error  atomic.Pointer[error]
	cancel context.CancelFunc
	all    sync.WaitGroup
}

func burn(address string, n int) *burner {
	ctx, cancel := context.WithCancel(context.Background())
	b := &burner{cancel: cancel}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: n}}
	for range n {
		b.all.Go(func() {
			for ctx.Err() == nil {
				if err := b.once(ctx, client, "http://"+address+"/burn"); err != nil && ctx.Err() == nil {
					b.error.Store(&err)
					return
				}
			}
		})
	}
	return b
}

func (b *burner) once(ctx context.Context, client *http.Client, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK || string(body) != job.BurntText {
		return fmt.Errorf("%w: %s %.80q", errAnswered, response.Status, body)
	}
	b.done.Add(1)
	return nil
}

func (b *burner) failed() error {
	if err := b.error.Load(); err != nil {
		return *err
	}
	return nil
}

// stop ends the requests, also those that wait for their answer.
func (b *burner) stop() error {
	b.cancel()
	b.all.Wait()
	return b.failed()
}

package identity

import (
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// One address cannot have all places: others find one, and so does it when its own are answered.
func TestBackendPerAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int32
		b := quietly("http://backend.example")
		b.MaxConcurrent, b.MaxPerAddress, b.CacheTime = 2, 3, -1
		b.Client = slowly(time.Second, &n)
		answers := map[string]chan error{}
		from := func(address string, times int) {
			if answers[address] == nil {
				answers[address] = make(chan error, 100)
			}
			for i := range times {
				b.Ask(Credentials{Address: address, Cookie: fmt.Sprint(i)}, func(_ Identity, err error) { answers[address] <- err })
			}
		}
		from("2001:db8::1", 2)
		from("2001:db8::2", 3) // of the same /64
		from("192.0.2.1", 4)
		from("127.0.0.1", 10)
		from("::1", 10)
		from("", 10)
		synctest.Wait()
		for address, refused := range map[string]int{"2001:db8::1": 0, "2001:db8::2": 2, "192.0.2.1": 1, "127.0.0.1": 0, "::1": 0, "": 0} {
			if len(answers[address]) != refused {
				t.Errorf("%s: %d are refused, want %d", address, len(answers[address]), refused)
			}
			for range refused {
				if err := <-answers[address]; err != ErrBackendBusy {
					t.Errorf("%s: %v", address, err)
				}
			}
		}
		if s := b.Stats(); s.Busy != 3 || s.Underway != 36 {
			t.Errorf("%+v", s)
		}
		time.Sleep(time.Minute) // all have been answered, or were too late
		synctest.Wait()
		if s := b.Stats(); s.Underway != 0 || len(b.crowd) != 0 {
			t.Errorf("%+v, %v", s, b.crowd)
		}
		from("192.0.2.1", 3)
		synctest.Wait()
		if s := b.Stats(); s.Busy != 3 || s.Underway != 3 {
			t.Errorf("%+v", s)
		}
		time.Sleep(time.Minute)
	})
}

// Below 0 there is no limit.
func TestBackendAnyAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int32
		b := quietly("http://backend.example")
		b.MaxPerAddress, b.CacheTime = -1, -1
		b.Client = slowly(time.Second, &n)
		for i := range 500 {
			b.Ask(Credentials{Address: "192.0.2.1", Cookie: fmt.Sprint(i)}, func(Identity, error) {})
		}
		if s := b.Stats(); s.Busy != 0 || s.Underway != 500 {
			t.Errorf("%+v", s)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if s := b.Stats(); s.Underway != 0 || len(b.crowd) != 0 {
			t.Errorf("%+v, %v", s, b.crowd)
		}
	})
}

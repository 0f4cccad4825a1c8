//go:build linux

package engine

import "testing"

// attached is a connection that a hub has, and that hears.
func (s *stillLoop) attached() (*fakeSocket, Outlet) {
	k := s.connect(handler{})
	o, _ := k.conn.Ref().Attach(func() {})
	o.Hear(true)
	return k, o
}

// Whoever still holds a connection that has closed does nothing with it to the one that has its descriptor now, however many audiences
// the former was in.
func TestAudienceOfAReusedDescriptor(t *testing.T) {
	for _, audiences := range []int{1, 300} {
		s := newStillLoop(t, ListenOptions{})
		former, old := s.attached()
		var all []Audience
		for range audiences {
			a := s.NewAudience()
			a.Add(old)
			all = append(all, a)
		}
		s.in(former, (*Conn).Abort)
		s.sockets = s.sockets[:0]
		k, present := s.attached()
		if k.conn.fd != former.conn.fd {
			t.Fatal("another descriptor")
		}
		for _, a := range all {
			a.Add(present)
			if a.Has(old) {
				t.Fatalf("of %d audiences: one has who has closed", audiences)
			}
			a.Remove(old)
			if !a.Has(present) {
				t.Fatalf("of %d audiences: one has lost a member", audiences)
			}
		}
		if taken, refused := s.BroadcastTo(all, text("hello"), nil); taken != 1 || refused != 0 {
			t.Errorf("%d took it, %d refused", taken, refused)
		}
		s.pump()
		if string(k.got) != "hello" {
			t.Errorf("got %q", k.got)
		}
	}
}

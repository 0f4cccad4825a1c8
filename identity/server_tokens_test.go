//go:build linux

package identity

import (
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"fanloop/hub"
	"fanloop/internal/peers"
)

func tokens(t testing.TB) *Verifier {
	return &Verifier{Keys: mustKeys(t, keys().secret), Audience: []string{"push"}, Leeway: -1}
}

// signed is a token for the tests' Door.
func signed(t testing.TB, changes map[string]any) string {
	c := with(map[string]any{"aud": "push"})
	for name, value := range changes {
		if c[name] = value; value == nil {
			delete(c, name)
		}
	}
	return sign(t, jwt.SigningMethodHS256, "", keys().secret, c)
}

func message(token string) string { return `{"token":"` + token + `"}` }

// wrongTokens are refused, each for its reason.
func wrongTokens(t testing.TB) map[string]error {
	return map[string]error{
		signed(t, map[string]any{"exp": noon.Unix()}):                                               ErrExpired,
		signed(t, map[string]any{"exp": nil}):                                                       ErrExpired,
		signed(t, map[string]any{"nbf": noon.Unix() + 1}):                                           ErrNotYet,
		signed(t, map[string]any{"aud": "bank"}):                                                    ErrAudience,
		signed(t, map[string]any{"sub": nil}):                                                       ErrUID,
		sign(t, jwt.SigningMethodHS256, "", []byte("another secret, of 32 bytes or so"), with(nil)): ErrSignature,
		sign(t, jwt.SigningMethodHS512, "", keys().secret, with(nil)):                               ErrAlgorithm,
		sign(t, jwt.SigningMethodES256, "", keys().ec, with(nil)):                                   ErrAlgorithm,
		raw(`{"alg":"none"}`, `{"sub":"u1","aud":"push","exp":9999999999}`, nil):                    ErrAlgorithm,
		"uid1": ErrMalformed,
		"":     ErrMalformed,
	}
}

// Wherever a token stands in the request, it lets its client in, with its groups.
func TestDoorTokenInRequest(t *testing.T) {
	for _, loops := range []int{1, 2} {
		w := open(t, &Door{Tokens: tokens(t), Sources: Sources{Cookie: "session"}}, loops)
		token := signed(t, map[string]any{"groups": []string{"staff"}})
		for _, fields := range [][]string{{"/ws?token=" + token}, {"/ws", "Authorization: Bearer " + token}, {"/ws", "Cookie: session=" + token}} {
			p := peers.OpenPageWith(t, w.address, fields[0], fields[1:]...)
			w.expect("OnConnect u1")
			w.until("not bound", func() bool { return w.hub.Stats().Bound == 1 })
			if w.push(hub.UID("u1"), "to u1") != 1 || w.push(hub.Group("staff"), "to staff") != 1 || w.push(hub.Group("other"), "x") != 0 {
				t.Error("not bound as the token says")
			}
			if a, b := p.Next(), p.Next(); a+b != "to u1to staff" {
				t.Error(a, b)
			}
			p.Say("hello")
			w.expect("OnMessage u1 hello")
			p.Close()
			w.expect("OnClose u1")
		}
		for _, fields := range [][]string{{"/events?token=" + token}, {"/events", "Authorization: Bearer " + token}, {"/events", "Cookie: session=" + token}} {
			e := peers.Listen(t, w.address, fields[0], fields[1:]...)
			w.expect("OnConnect u1")
			w.until("not bound", func() bool { return w.hub.Stats().Bound == 1 })
			if w.push(hub.Group("staff"), "to staff") != 1 || e.Next() != "to staff" {
				t.Error("not bound as the token says")
			}
			e.Close()
			w.expect("OnClose u1")
		}
		if s := w.door.Stats(); s != (DoorStats{Admitted: 6}) {
			t.Errorf("%+v", s)
		}
	}
}

// The token in a subprotocol is not what the server answers.
func TestDoorTokenInSubprotocol(t *testing.T) {
	w := open(t, &Door{Tokens: tokens(t)}, 1)
	token := signed(t, nil)
	for offer, want := range map[string]string{"fanloop, token." + token: "fanloop", "token." + token + ", fanloop": "fanloop", "token." + token: ""} {
		answer, _ := w.knock("/ws", "Sec-WebSocket-Protocol: "+offer)
		if got := answer.Header.Get("Sec-WebSocket-Protocol"); answer.StatusCode != 101 || got != want {
			t.Errorf("%s: %s, %q", offer, answer.Status, got)
		}
		w.expect("OnConnect u1")
		w.expect("OnClose u1")
	}
	if answer, _ := w.knock("/ws", "Sec-WebSocket-Protocol: fanloop"); answer.Header.Get("Sec-WebSocket-Protocol") != "" {
		t.Error("the subprotocol without a token means something")
	}
}

// A wrong token is refused before anything is opened, counted, and says why.
func TestDoorRefusesTokens(t *testing.T) {
	w := open(t, &Door{Tokens: tokens(t)}, 1)
	witness := peers.OpenPageAt(t, w.address, "/ws?token="+signed(t, map[string]any{"sub": "witness"}))
	w.expect("OnConnect witness")
	refused, stale := uint64(0), uint64(0)
	for token, why := range wrongTokens(t) {
		for _, path := range []string{"/ws", "/events"} {
			answer, body := w.knock(path + "?token=" + token)
			want := `Bearer error="invalid_token", error_description="` + reasonOf(why) + `"`
			if answer.StatusCode != 401 || answer.Header.Get("WWW-Authenticate") != want || body != reasonOf(why)+"\n" {
				t.Errorf("%s, %v: %s %q %q", path, why, answer.Status, answer.Header, body)
			}
			if refused++; why == ErrExpired {
				stale++
			}
		}
	}
	two, _ := w.knock("/ws?token=a&token=b")
	if two.StatusCode != 400 {
		t.Error(two.Status)
	}
	none, _ := w.knock("/events")
	if none.StatusCode != 401 || none.Header.Get("WWW-Authenticate") != "Bearer" {
		t.Error(none.Status, none.Header)
	}
	w.silent()
	if s := w.door.Stats(); s != (DoorStats{Admitted: 1, Refused: refused + 1, Stale: stale, Missing: 1}) {
		t.Errorf("%+v", s)
	}
	if w.push(hub.All, "others notice nothing") != 1 || witness.Next() != "others notice nothing" {
		t.Error("others notice something")
	}
}

// A client that has shown no token sends it first, and nothing else: no uid, no wish.
func TestDoorTokenInFirstMessage(t *testing.T) {
	w := open(t, &Door{Tokens: tokens(t)}, 1)
	p := peers.OpenPageAt(t, w.address, "/ws")
	p.Say(message(signed(t, map[string]any{"groups": []string{"g"}})))
	w.expect("OnConnect u1")
	if w.push(hub.Group("g"), "hello") != 1 || p.Next() != "hello" {
		t.Error("not bound as the token says")
	}
	p.Close()
	w.expect("OnClose u1")
	for _, first := range []string{"u1", `{"join":"staff"}`, `{"uid":"u1"}`, `{"token":7}`, ""} {
		p := peers.OpenPageAt(t, w.address, "/ws")
		p.Say(first)
		if code, reason := p.Ended(); code != 1008 || reason != "no token" {
			t.Errorf("%q: %d %s", first, code, reason)
		}
	}
	for token, why := range wrongTokens(t) {
		p := peers.OpenPageAt(t, w.address, "/ws")
		p.Say(message(token))
		want := 1008
		if why == ErrExpired {
			want = CodeExpired
		}
		if code, reason := p.Ended(); code != want || reason != reasonOf(why) {
			t.Errorf("%v: %d %s", why, code, reason)
		}
	}
	w.silent()
	if s := w.door.Stats(); s.Admitted != 1 || s.Missing != 5 || s.Refused != uint64(len(wrongTokens(t))) || s.Stale != 2 {
		t.Errorf("%+v", s)
	}
}

// Who sends no token is closed at the limit, and not before.
func TestDoorFirstTokenLate(t *testing.T) {
	w := open(t, &Door{Tokens: tokens(t)}, 1)
	p, quick := peers.OpenPageAt(t, w.address, "/ws"), peers.OpenPageAt(t, w.address, "/ws")
	p.Settle()
	quick.Settle()
	w.clock.set(noon.Add(10*time.Second - 1))
	p.Settle()
	quick.Say(message(signed(t, nil)))
	w.expect("OnConnect u1")
	w.clock.set(noon.Add(10 * time.Second))
	if code, reason := p.Ended(); code != 1008 || reason != "no token" {
		t.Errorf("%d %s", code, reason)
	}
	quick.Settle()
	if s := w.door.Stats(); s != (DoorStats{Admitted: 1, Missing: 1}) {
		t.Errorf("%+v", s)
	}
}

func TestDoorWithoutFirstToken(t *testing.T) {
	w := open(t, &Door{Tokens: tokens(t), FirstToken: -1}, 1)
	answer, _ := w.knock("/ws")
	if answer.StatusCode != 401 || answer.Header.Get("WWW-Authenticate") != "Bearer" {
		t.Error(answer.Status, answer.Header)
	}
}

// A token that is never refreshed closes its connection when it expires, and not before; event streams too.
func TestDoorNeverRefreshed(t *testing.T) {
	w := open(t, &Door{Tokens: tokens(t)}, 1)
	late := noon.Add(3*time.Hour + 30*time.Minute)
	token := signed(t, map[string]any{"exp": late.Unix()})
	p := peers.OpenPageAt(t, w.address, "/ws?token="+token)
	e := peers.Listen(t, w.address, "/events?token="+token)
	w.expect("OnConnect u1")
	w.expect("OnConnect u1")
	w.clock.set(late.Add(-1))
	if w.push(hub.UID("u1"), "still here") != 2 || p.Next() != "still here" || e.Next() != "still here" {
		t.Error("gone before the time")
	}
	w.clock.set(late)
	if code, reason := p.Ended(); code != CodeExpired || reason != "the identity has expired" {
		t.Errorf("%d %s", code, reason)
	}
	if got := e.Next(); got != "4401 the identity has expired" {
		t.Error(got)
	}
	e.Ended()
	w.expect("OnClose u1")
	w.expect("OnClose u1")
	if w.push(hub.UID("u1"), "nobody") != 0 || w.door.Stats().Expired != 2 {
		t.Errorf("%+v", w.door.Stats())
	}
}

// A token that is refreshed in time keeps its connection, as often as it is; its groups become the new one's, and those that a back end
// has put it into stay.
func TestDoorRefreshedInTime(t *testing.T) {
	w := open(t, &Door{Tokens: tokens(t)}, 1)
	p := peers.OpenPageAt(t, w.address, "/ws?token="+signed(t, map[string]any{"groups": []string{"a", "b"}}))
	w.expect("OnConnect u1")
	for i := range 3 {
		w.clock.set(noon.Add(time.Duration(i+1)*time.Hour - 1))
		p.Say(message(signed(t, map[string]any{"groups": []string{"b", "c"}, "exp": noon.Add(time.Duration(i+2) * time.Hour).Unix()})))
		p.Settle()
	}
	w.silent()
	if a, b, c := w.push(hub.Group("a"), "a"), w.push(hub.Group("b"), "b"), w.push(hub.Group("c"), "c"); a != 0 || b != 1 || c != 1 {
		t.Error(a, b, c)
	}
	if p.Next()+p.Next() != "bc" {
		t.Error("not what was pushed")
	}
	w.clock.set(noon.Add(4*time.Hour - 1))
	p.Settle()
	w.clock.set(noon.Add(4 * time.Hour))
	if code, _ := p.Ended(); code != CodeExpired {
		t.Error(code)
	}
	if s := w.door.Stats(); s.Refreshed != 3 || s.Expired != 1 {
		t.Errorf("%+v", s)
	}
}

// A fresh token that is not right, or somebody else's, ends the connection.
func TestDoorRefreshRefused(t *testing.T) {
	w := open(t, &Door{Tokens: tokens(t)}, 1)
	wrong := wrongTokens(t)
	wrong[signed(t, map[string]any{"sub": "u2"})] = ErrOtherUID
	for token, why := range wrong {
		p := peers.OpenPageAt(t, w.address, "/ws?token="+signed(t, nil))
		w.expect("OnConnect u1")
		p.Say(message(token))
		want := 1008
		if why == ErrExpired {
			want = CodeExpired
		}
		if code, reason := p.Ended(); code != want || reason != reasonOf(why) {
			t.Errorf("%v: %d %s", why, code, reason)
		}
		w.expect("OnClose u1")
	}
	if s := w.door.Stats(); s.Refused != uint64(len(wrong)) || s.Refreshed != 0 {
		t.Errorf("%+v", s)
	}
}

// A key is rotated under open connections: they stay until they expire, and new ones need the new key.
func TestDoorKeyRotated(t *testing.T) {
	v := tokens(t)
	w := open(t, &Door{Tokens: v}, 1)
	p := peers.OpenPageAt(t, w.address, "/ws?token="+signed(t, nil))
	w.expect("OnConnect u1")
	if err := v.Keys.Set(publicPEM(t, &keys().ec.PublicKey)); err != nil {
		t.Fatal(err)
	}
	if answer, _ := w.knock("/ws?token=" + signed(t, nil)); answer.StatusCode != 401 {
		t.Error(answer.Status)
	}
	p.Settle()
	p.Say(message(sign(t, jwt.SigningMethodES256, "", keys().ec, with(map[string]any{"aud": "push", "exp": noon.Add(2 * time.Hour).Unix()}))))
	p.Settle()
	w.clock.set(noon.Add(time.Hour))
	p.Settle()
	if s := w.door.Stats(); s.Refreshed != 1 || s.Refused != 1 {
		t.Errorf("%+v", s)
	}
}

// Whatever is done with tokens, none of it is in the log, at the level that logs the most.
func TestDoorLogsNoTokens(t *testing.T) {
	w := open(t, &Door{Tokens: tokens(t), Sources: Sources{Cookie: "session"}}, 1)
	all := []string{signed(t, nil)}
	for token := range wrongTokens(t) {
		all = append(all, token)
	}
	for _, token := range all {
		w.knock("/ws?token=" + token)
		w.knock("/events?token=" + token)
		w.knock("/ws", "Authorization: Bearer "+token)
		w.knock("/events", "Cookie: session="+token)
		w.knock("/ws", "Sec-WebSocket-Protocol: fanloop, token."+token)
		p := peers.OpenPageAt(t, w.address, "/ws")
		p.Say(message(token))
		p.Say(message(token))
	}
	w.until("not everything has ended", func() bool { return w.Stats().Connections <= int64(len(all)) })
	log := w.log.String()
	if !strings.Contains(log, "bound") || !strings.Contains(log, "a client is refused") {
		t.Errorf("nothing is logged: %s", log)
	}
	for _, token := range all {
		for _, part := range strings.Split(token, ".") {
			if len(part) > 4 && strings.Contains(log, part) {
				t.Fatalf("%q is in the log: %s", part, log)
			}
		}
	}
}

// A token that is refused in a request is one line of the log.
func TestDoorLogsOnce(t *testing.T) {
	w := open(t, &Door{Tokens: tokens(t)}, 1)
	for i, path := range []string{"/ws", "/events"} {
		if answer, _ := w.knock(path + "?token=wrong"); answer.StatusCode != 401 {
			t.Error(answer.Status)
		}
		if lines := w.log.Holding("level=INFO"); len(lines) != i+1 || !strings.Contains(lines[i], "refused") {
			t.Errorf("%s: %q", path, lines)
		}
	}
	if n := w.door.Stats().Refused; n != 2 {
		t.Errorf("%d are counted", n)
	}
}

// What a uid or a group is made of does not make lines of its own in the log, nor fields in an answer.
func TestDoorLogInjection(t *testing.T) {
	w := open(t, &Door{Tokens: tokens(t)}, 1)
	const evil = "u1\nlevel=ERROR msg=forged\r\nSet-Cookie: a=b"
	p := peers.OpenPageAt(t, w.address, "/ws?token="+signed(t, map[string]any{"sub": evil, "groups": []string{evil}}))
	w.expect("OnConnect " + evil)
	if w.push(hub.Group(evil), "hello") != 1 || p.Next() != "hello" {
		t.Error("not bound")
	}
	answer, _ := w.knock("/ws?token=a%0d%0aSet-Cookie:%20a=b")
	if answer.StatusCode != 401 || answer.Header.Get("Set-Cookie") != "" {
		t.Error(answer.Status, answer.Header)
	}
	for line := range strings.Lines(w.log.String()) {
		if !strings.HasPrefix(line, "time=") {
			t.Errorf("a forged line: %q", line)
		}
	}
}

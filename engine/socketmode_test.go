//go:build linux

package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

func TestSocketMode(t *testing.T) {
	e := testEngine(t, Options{})
	umask := unix.Umask(0o022)
	defer unix.Umask(umask)
	for mode, want := range map[os.FileMode]os.FileMode{0: 0o755, 0o600: 0o600, 0o660: 0o640, 0o777: 0o755, os.ModeSetuid | 0o700: 0o700} {
		path := filepath.Join(t.TempDir(), "a.sock")
		ln, err := e.Listen("unix:"+path, echo, ListenOptions{SocketMode: mode})
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Lstat(path); err != nil || info.Mode() != os.ModeSocket|want {
			t.Errorf("%v: the file is %v, %v; want %v", mode, info.Mode(), err, want)
		}
		wantUnixEcho(t, ln.Addr().String())
	}
}

// The file never has another mode: nobody can connect before it is changed. The kernel tells of each change.
func TestSocketModeFromTheStart(t *testing.T) {
	dir := t.TempDir()
	watch, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(watch)
	if _, err := unix.InotifyAddWatch(watch, dir, unix.IN_CREATE|unix.IN_ATTRIB); err != nil {
		t.Fatal(err)
	}
	ln, err := testEngine(t, Options{}).Listen("unix:"+filepath.Join(dir, "a"), echo, ListenOptions{SocketMode: 0o600})
	if err != nil {
		t.Fatal(err)
	}
	if got := inotified(t, watch); fmt.Sprint(got) != fmt.Sprint([]uint32{unix.IN_CREATE}) {
		t.Errorf("events %x, want that it was created and nothing more", got)
	}
	if err := os.Chmod(ln.Addr().String(), 0o640); err != nil {
		t.Fatal(err)
	}
	if got := inotified(t, watch); fmt.Sprint(got) != fmt.Sprint([]uint32{unix.IN_ATTRIB}) {
		t.Errorf("events %x of a change", got)
	}
}

// inotified are the events that have happened.
func inotified(t *testing.T, watch int) (masks []uint32) {
	t.Helper()
	buf := make([]byte, 4096)
	n, err := unix.Read(watch, buf)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < n; {
		event := (*unix.InotifyEvent)(unsafe.Pointer(&buf[at]))
		masks = append(masks, event.Mask)
		at += unix.SizeofInotifyEvent + int(event.Len)
	}
	return masks
}

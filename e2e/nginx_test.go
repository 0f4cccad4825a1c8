package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"fanloop/internal/peers"
)

// nginxConfig is what stands around the configuration of docs/program.md, in a directory of the test's own.
const nginxConfig = `
%[2]sdaemon off;
worker_processes 1;
pid %[1]s/nginx.pid;
error_log stderr warn;
events { worker_connections 256; }
http {
	access_log off;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	proxy_ignore_client_abort on;
	proxy_request_buffering %[3]s;
	%[4]s
}
`

// nginxSite is the configuration of docs/program.md, with other ports.
func nginxSite(t *testing.T, address, upstream string) string {
	t.Helper()
	for _, b := range blocksOf(document(t, "docs/program.md")) {
		if b.language != "nginx" {
			continue
		}
		for usual, here := range map[string]string{"127.0.0.1:8080": upstream, "listen 80;": "listen " + address + ";"} {
			if strings.Count(b.code, usual) != 1 {
				t.Fatalf("docs/program.md does not have %q once", usual)
			}
			b.code = strings.Replace(b.code, usual, here, 1)
		}
		return b.code
	}
	t.Fatal("docs/program.md has nothing for nginx")
	return ""
}

// startNginx puts nginx in front of a server and returns its host:port. buffering says whether it reads a body whole before it passes it on,
// on or off. It ends with the test.
func startNginx(t *testing.T, upstream, buffering string) string {
	t.Helper()
	path := nginxPath(t)
	dir := t.TempDir()
	// nginx takes over a listening socket that a former nginx hands to it; this one never was a former nginx's, but so its port can be any.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	socket, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	address := listener.Addr().String()
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;\n" // or its worker becomes somebody who may not look into the directory
	}
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, nginxConfig, dir, user, buffering, nginxSite(t, address, upstream)), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-p", dir, "-c", file, "-e", "stderr")
	cmd.ExtraFiles = []*os.File{socket} // descriptor 3
	stderr := peers.NewLines()
	cmd.Stdout, cmd.Stderr = stderr, stderr
	cmd.Env = append(os.Environ(), "NGINX=3;")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { endNginx(t, cmd, stderr) })
	return address
}

// nginxPath: to those who are not root, Debian's nginx is not in the path.
func nginxPath(t *testing.T) string {
	const usual = "/usr/sbin/nginx"
	if _, err := os.Stat(usual); err == nil {
		return usual
	}
	return need(t, "nginx", "apt-get install nginx-light")
}

func endNginx(t *testing.T, cmd *exec.Cmd, stderr *peers.Lines) {
	_ = cmd.Process.Signal(syscall.SIGTERM)
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(peers.Bound):
		_ = cmd.Process.Kill()
		t.Error("nginx did not end")
	}
	if t.Failed() {
		t.Logf("nginx says:\n%s", stderr)
	}
}

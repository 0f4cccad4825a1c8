package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestPHPStreams: PHP's own way to speak HTTP, which says HTTP/1.0 or HTTP/1.1 and Connection: close, and to hold a connection by hand.
func TestPHPStreams(t *testing.T) {
	php := need(t, "php", "apt-get install php-cli")
	address := startSite(t, site())
	tests := []struct{ name, script, want string }{
		{"file_get_contents", `echo file_get_contents("http://$argv[1]/plain");`, "Hello, World!"},
		{"streamed to HTTP/1.1", `echo file_get_contents("http://$argv[1]/stream", false, stream_context_create(['http' => ['protocol_version' => 1.1]]));`, "piece 0\npiece 1\npiece 2\n"},
		{"streamed to HTTP/1.0", `echo file_get_contents("http://$argv[1]/stream", false, stream_context_create(['http' => ['protocol_version' => 1.0]]));`, "piece 0\npiece 1\npiece 2\n"},
		{"POST", `echo file_get_contents("http://$argv[1]/echo/p", false, stream_context_create(['http' => [
			'method' => 'POST', 'header' => 'Content-Type: application/json', 'content' => '{"uid":"u1"}', 'protocol_version' => 1.1]]));`,
			"POST /echo/p HTTP/1.1 {\"uid\":\"u1\"}\n"},
		{"errors are to be seen", `echo file_get_contents("http://$argv[1]/nowhere", false, stream_context_create(['http' => ['ignore_errors' => true]])) !== '' ? $http_response_header[0] : '';`,
			"HTTP/1.1 404 Not Found"},
		{"fopen, line by line", `$f = fopen("http://$argv[1]/stream", 'r'); while (($line = fgets($f)) !== false) echo '>', $line;`,
			">piece 0\n>piece 1\n>piece 2\n"},
		{"a socket, two requests at once, half-closed", `$s = stream_socket_client("tcp://$argv[1]");
			fwrite($s, str_repeat("GET /echo/s HTTP/1.1\r\nHost: a\r\n\r\n", 2)); stream_socket_shutdown($s, STREAM_SHUT_WR);
			echo substr_count(stream_get_contents($s), 'GET /echo/s');`, "2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "test.php")
			if err := os.WriteFile(file, []byte("<?php\n"+test.script), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := output(t, exec.Command(php, file, address)); got != test.want {
				t.Errorf("PHP prints %q, want %q", got, test.want)
			}
		})
	}
}

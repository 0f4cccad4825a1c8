package job

import (
	"bufio"
	"net"
)

// ServeText accepts back ends and gives each of their lines to push, in the usual shape of Go: a goroutine and a buffered
// reader a connection, and the answers of lines that came together in one write. The line is valid during the call. It returns
// when accepting fails.
func ServeText(ln net.Listener, push func(line []byte) (taken bool)) error {
	for {
		c, err := ln.Accept()
		if err != nil {
			return err
		}
		go serveLines(c, push)
	}
}

const lineBuffer = 64 << 10

func serveLines(c net.Conn, push func(line []byte) bool) {
	defer c.Close()
	in, out := bufio.NewReaderSize(c, lineBuffer), bufio.NewWriterSize(c, lineBuffer)
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return
		}
		_, _ = out.WriteString(Answer(push(line[:len(line)-1]))) // the error comes from Flush
		if in.Buffered() == 0 && out.Flush() != nil {
			return
		}
	}
}

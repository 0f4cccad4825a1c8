package http

import (
	"bufio"
	"bytes"
	nethttp "net/http"
	"testing"
)

// browserRequest is what a browser sends for a page, about 700 bytes.
const browserRequest = "GET /assets/app.js?v=20261122&lang=en HTTP/1.1\r\n" +
	"Host: push.example.com:8080\r\n" +
	"Connection: keep-alive\r\n" +
	"Cache-Control: max-age=0\r\n" +
	"sec-ch-ua: \"Chromium\";v=\"142\", \"Not_A Brand\";v=\"99\"\r\n" +
	"sec-ch-ua-mobile: ?0\r\n" +
	"sec-ch-ua-platform: \"Linux\"\r\n" +
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36\r\n" +
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n" +
	"Sec-Fetch-Site: same-origin\r\n" +
	"Sec-Fetch-Mode: no-cors\r\n" +
	"Sec-Fetch-Dest: script\r\n" +
	"Referer: http://push.example.com:8080/\r\n" +
	"Accept-Encoding: gzip, deflate, br, zstd\r\n" +
	"Accept-Language: en-GB,en;q=0.9,zh-TW;q=0.8\r\n" +
	"Cookie: session=0123456789abcdef0123456789abcdef\r\n" +
	"\r\n"

func BenchmarkDecode(b *testing.B) {
	raw := []byte(browserRequest)
	var d HeadDecoder
	b.ReportAllocs()
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if head, _, err := d.Decode(raw); head == nil || err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeInParts(b *testing.B) {
	raw := []byte(browserRequest)
	var d HeadDecoder
	b.ReportAllocs()
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		_, _, _ = d.Decode(raw[:300])
		if head, _, err := d.Decode(raw[300:]); head == nil || err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeByteByByte(b *testing.B) {
	raw := []byte(browserRequest)
	var d HeadDecoder
	b.ReportAllocs()
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		for i := range raw {
			if _, _, err := d.Decode(raw[i : i+1]); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkNetHTTP is what the decoder is held against: the same request through net/http.ReadRequest.
func BenchmarkNetHTTP(b *testing.B) {
	raw := []byte(browserRequest)
	source := bytes.NewReader(raw)
	r := bufio.NewReader(source)
	b.ReportAllocs()
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		source.Reset(raw)
		r.Reset(source)
		if _, err := nethttp.ReadRequest(r); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecodeSmall is the least that a client sends.
func BenchmarkDecodeSmall(b *testing.B) {
	raw := []byte("GET /plaintext HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n")
	var d HeadDecoder
	b.ReportAllocs()
	for b.Loop() {
		if head, _, err := d.Decode(raw); head == nil || err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAnswerHead(b *testing.B) {
	h := answerHead{status: 200, fields: Fields{NewField("Content-Type", "text/plain")}, framing: byLength, length: 13,
		date: []byte("Date: Mon, 02 Jan 2006 15:04:05 GMT\r\n")}
	var out []byte
	b.ReportAllocs()
	for b.Loop() {
		out, _ = h.append(out[:0])
	}
}

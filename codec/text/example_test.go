package text_test

import (
	"fmt"

	"fanloop/codec/text"
)

func ExampleDecoder() {
	var d text.Decoder
	for _, piece := range []string{"hel", "lo\r\nwor", "ld\n\nunfinished"} {
		for p := []byte(piece); len(p) > 0; {
			line, n, err := d.Decode(p)
			if err != nil {
				fmt.Println(err)
				return
			}
			if p = p[n:]; line != nil {
				fmt.Printf("%q\n", line)
			}
		}
	}
	// Output:
	// "hello"
	// "world"
	// ""
}

func ExampleAppendLine() {
	for _, payload := range []string{"hello", "hello\n", "hello\nworld"} {
		line, err := text.AppendLine(nil, []byte(payload))
		fmt.Printf("%q %v\n", line, err)
	}
	// Output:
	// "hello\n" <nil>
	// "hello\n" <nil>
	// "" text: newline inside a line
}

//go:build linux

package http

// destination is where a request goes, as its head says. One of handle, open and refused is set.
type destination struct {
	// handle is called with the whole body.
	handle func(x *Exchange)
	// admit, if there is one, is called before handle, at once behind the head.
	admit func(x *Exchange)
	// open is called at once behind the head, before the body. It makes something the exchange's taker, or answers.
	open func(x *Exchange)
	// alone has handle wait until the answers to all requests before this one have left, and nothing be read behind it
	// meanwhile: then it may Hijack.
	alone bool
	// maxBody is the most bytes of the body; 0 means Server.MaxBody, less than that no limit.
	maxBody int64
	// refused has the request refused, and the connection closed.
	refused error
}

// route finds the destination of x and sees whether its body may come. The error is a refusal.
func (x *Exchange) route() error {
	if err := x.hearProxies(); err != nil {
		return err
	}
	s := x.session.server
	if x.target = s.find(x); x.target.refused != nil {
		return x.target.refused
	}
	if x.head.has&hasExpect != 0 {
		for expectation := range x.head.Fields.List("Expect") {
			if !equalFold(expectation, "100-continue") {
				return ErrExpectation
			}
			x.expects = !x.old && x.head.HasBody() // RFC 9110 10.1.1: without a body, and from HTTP/1.0, it is ignored
		}
	}
	if !x.head.HasBody() {
		return nil
	}
	d := x.intake()
	d.decoder.MaxBody = max(x.target.maxBody, 0)
	if x.target.maxBody == 0 {
		d.decoder.MaxBody = s.maxBody()
	}
	d.decoder.Trailer = s.MaxHead
	return d.decoder.Begin(&x.head)
}

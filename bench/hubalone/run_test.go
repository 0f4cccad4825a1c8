package hubalone

import "testing"

func TestRun(t *testing.T) {
	r := Run(Job{UIDs: 1_000, Pushes: 5_000})
	if r.Lost != 0 || r.UIDs != 1_000 || r.Bind <= 0 || r.Push <= 0 || r.Unbind <= 0 || r.LongestCall == "" {
		t.Errorf("%+v", r)
	}
}

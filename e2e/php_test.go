package e2e

import (
	"os/exec"
	"testing"
)

// php runs the back end of php/push.php and returns what it prints.
func (d *demo) php(uid, percent string) string {
	d.t.Helper()
	return output(d.t, exec.Command(need(d.t, "php", "apt-get install php-cli"), "php/push.php", d.text, uid, percent))
}

// output runs a command, which has to end with status 0, and returns its stdout.
func output(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", cmd, err, out, stderrOf(err))
	}
	return string(out)
}

func stderrOf(err error) []byte {
	if exit, ok := err.(*exec.ExitError); ok {
		return exit.Stderr
	}
	return nil
}

func TestPHPPushes(t *testing.T) {
	d := start(t)
	p := d.page("uid1")
	if got := d.php("uid1", "88%"); got != "ok\n" {
		t.Errorf("PHP prints %q", got)
	}
	if got, want := p.Next(), `{"uid":"uid1","percent":"88%"}`; got != want {
		t.Errorf("the page got %q, want %q", got, want)
	}
}

func TestPHPPushesToUnknownUser(t *testing.T) {
	d := start(t)
	d.page("uid1")
	if got := d.php("uid2", "88%"); got != "fail\n" {
		t.Errorf("PHP prints %q", got)
	}
}

// PHP writes what is not ASCII as escapes: the uid is found all the same, and the line arrives as PHP wrote it.
func TestPHPPushesChinese(t *testing.T) {
	d := start(t)
	p := d.page("使用者1")
	if got := d.php("使用者1", "九成"); got != "ok\n" {
		t.Errorf("PHP prints %q", got)
	}
	if got, want := p.Next(), `{"uid":"\u4f7f\u7528\u80051","percent":"\u4e5d\u6210"}`; got != want {
		t.Errorf("the page got %q, want %q", got, want)
	}
}

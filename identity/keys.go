package identity

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/golang-jwt/jwt/v5"
)

const (
	maxKeyFile = 1 << 20 // bytes
	maxKeys    = 64
	maxTried   = 8  // keys for one token
	minSecret  = 32 // bytes (RFC 7518 3.2)
	minRSA     = 2048
)

// Keys are those that tokens may be signed with. Any goroutine may use and replace them.
type Keys struct {
	files []string
	set   atomic.Pointer[[]key]
}

// key is one of them. Its method is settled by what it is.
type key struct {
	id       string // "" in a file that is no JWKS
	method   jwt.SigningMethod
	material any
}

// LoadKeys reads key files. Each is one of
//
//   - PEM: public keys (SubjectPublicKeyInfo, or RSA's own form) or certificates;
//   - a JWKS (RFC 7517 5): keys for other uses and of unknown kinds are passed over, but one has to be left;
//   - anything else: a secret of 32 bytes or more, as it is, without line ends at its end.
//
// A private key is refused, and so is a public key in another form: it must not become a secret that everybody knows.
func LoadKeys(files ...string) (*Keys, error) {
	k := &Keys{files: files}
	return k, k.Reload()
}

// NewKeys makes keys of the contents of such files.
func NewKeys(contents ...[]byte) (*Keys, error) {
	k := new(Keys)
	return k, k.Set(contents...)
}

// Reload reads the files of LoadKeys again. On an error the keys stay as they were. Tokens that were let in by a key that is not there
// any more stay let in until they expire.
func (k *Keys) Reload() error {
	if len(k.files) == 0 {
		return errors.New("identity: the keys come from no files")
	}
	var set []key
	for _, name := range k.files {
		data, err := readFile(name)
		if err != nil {
			return err
		}
		some, err := parseKeys(data)
		if err != nil {
			return fmt.Errorf("identity: %s: %w", name, err)
		}
		set = append(set, some...)
	}
	return k.replace(set)
}

// Set replaces the keys by those of contents, as LoadKeys reads them. On an error they stay as they were.
func (k *Keys) Set(contents ...[]byte) error {
	var set []key
	for _, data := range contents {
		some, err := parseKeys(data)
		if err != nil {
			return fmt.Errorf("identity: %w", err)
		}
		set = append(set, some...)
	}
	return k.replace(set)
}

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err == nil && len(data) > maxKeyFile {
		err = errors.New("a key file has at most 1 MiB")
	}
	if err != nil {
		return nil, fmt.Errorf("identity: %s: %w", name, err)
	}
	return data, nil
}

func (k *Keys) replace(set []key) error {
	ids := map[string]bool{}
	for _, one := range set {
		if one.id != "" && ids[one.id] {
			return errors.New("identity: two keys have the same kid")
		}
		ids[one.id] = true
	}
	switch {
	case len(set) == 0:
		return errors.New("identity: no keys")
	case len(set) > maxKeys:
		return fmt.Errorf("identity: more than %d keys", maxKeys)
	}
	k.set.Store(&set)
	return nil
}

// all are the keys of the moment.
func (k *Keys) all() []key {
	if k == nil || k.set.Load() == nil {
		return nil
	}
	return *k.set.Load()
}

// candidates are the keys that a token may have been signed with: the one of its kid, else those without one; without a kid, all of
// its method. The method is the key's own.
func (k *Keys) candidates(id string, method jwt.SigningMethod) ([]jwt.VerificationKey, error) {
	var right, named []jwt.VerificationKey
	other := false
	for _, one := range k.all() {
		switch {
		case one.method != method:
			other = other || one.id == id || id == ""
		case id != "" && one.id == id:
			named = append(named, one.material)
		case id == "" || one.id == "":
			right = append(right, one.material)
		}
	}
	switch {
	case named != nil:
		return named, nil
	case len(right) > maxTried:
		return nil, ErrKey
	case right != nil:
		return right, nil
	case other:
		return nil, ErrAlgorithm
	}
	return nil, ErrKey
}

var errWeakKey = errors.New("a key is too weak: want 2048 bits of RSA, or 32 bytes of a secret")

// newKey settles what a key is for.
func newKey(id string, material any) (key, error) {
	switch m := material.(type) {
	case []byte:
		if len(m) < minSecret {
			return key{}, errWeakKey
		}
		return key{id, jwt.SigningMethodHS256, m}, nil
	case *rsa.PublicKey:
		if m.N.BitLen() < minRSA {
			return key{}, errWeakKey
		}
		return key{id, jwt.SigningMethodRS256, m}, nil
	case *ecdsa.PublicKey:
		if m.Curve != elliptic.P256() {
			return key{}, errors.New("an EC key is not on the curve P-256")
		}
		return key{id, jwt.SigningMethodES256, m}, nil
	case ed25519.PublicKey:
		return key{id, jwt.SigningMethodEdDSA, m}, nil
	}
	return key{}, fmt.Errorf("a %T is no key that tokens are signed with here", material)
}

// Take replaces the keys by those of another.
func (k *Keys) Take(of *Keys) { k.set.Store(of.set.Load()) }

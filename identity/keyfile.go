package identity

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// parseKeys reads a key file.
func parseKeys(data []byte) ([]key, error) {
	trimmed := bytes.TrimSpace(data)
	switch {
	case bytes.Contains(data, []byte("-----BEGIN")):
		return parsePEM(data)
	case bytes.HasPrefix(trimmed, []byte("{")) || bytes.Contains(data, []byte(`"kty"`)):
		return parseJWKS(trimmed)
	case looksPublic(trimmed) || looksPublic(data):
		return nil, errors.New("a public key, but not as PEM: it would be taken for a secret that everybody knows")
	}
	secret, err := newKey("", bytes.TrimRight(data, "\r\n"))
	return []key{secret}, err
}

// looksPublic tells whether what is no PEM is a key or certificate in another usual form: DER, base64 of that, or OpenSSH's.
func looksPublic(data []byte) bool {
	for _, begin := range []string{"ssh-", "ecdsa-sha2-", "sk-", "---- BEGIN"} {
		if bytes.HasPrefix(data, []byte(begin)) {
			return true
		}
	}
	if isDER(data) {
		return true
	}
	text := strings.Join(strings.Fields(string(data)), "")
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if der, err := encoding.DecodeString(text); err == nil && isDER(der) {
			return true
		}
	}
	return false
}

func isDER(data []byte) bool {
	_, public := x509.ParsePKIXPublicKey(data)
	_, pkcs1 := x509.ParsePKCS1PublicKey(data)
	_, certificate := x509.ParseCertificate(data)
	return public == nil || pkcs1 == nil || certificate == nil
}

func parsePEM(data []byte) (keys []key, err error) {
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			break
		}
		material, err := parseBlock(block)
		if err != nil {
			return nil, err
		}
		one, err := newKey("", material)
		if err != nil {
			return nil, err
		}
		keys = append(keys, one)
	}
	if len(keys) == 0 || bytes.Contains(data, []byte("-----BEGIN")) {
		return nil, errors.New("damaged PEM")
	}
	return keys, nil
}

func parseBlock(block *pem.Block) (any, error) {
	switch block.Type {
	case "PUBLIC KEY":
		return x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		return x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		return cert.PublicKey, nil
	}
	if strings.HasSuffix(block.Type, "PRIVATE KEY") {
		return nil, errors.New("a private key: it belongs to whoever signs, and here only the public one is needed")
	}
	return nil, fmt.Errorf("a PEM block %q is no key", block.Type)
}

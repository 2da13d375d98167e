package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"time"
)

// certificates signs one certificate for each name that a client asks for.
type certificates struct{ trusted, unknown authority }

type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// newCertificates writes the CA that clients are to trust to a file.
func newCertificates(file string) (*certificates, error) {
	trusted, err := newAuthority("kubectl-diagnose test registries")
	if err != nil {
		return nil, err
	}
	unknown, err := newAuthority("a CA that nobody knows")
	if err != nil {
		return nil, err
	}
	block := &pem.Block{Type: "CERTIFICATE", Bytes: trusted.certificate.Raw}
	return &certificates{trusted, unknown}, os.WriteFile(file, pem.EncodeToMemory(block), 0o644)
}

func newAuthority(name string) (authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return authority{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return authority{}, err
	}
	certificate, err := x509.ParseCertificate(raw)
	return authority{certificate, key}, err
}

func (c *certificates) of(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	by, until := c.trusted, time.Now().AddDate(0, 1, 0)
	switch hello.ServerName {
	case untrusted:
		by = c.unknown
	case expired:
		until = time.Date(2015, 4, 12, 23, 59, 59, 0, time.UTC)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: hello.ServerName},
		DNSNames: []string{hello.ServerName}, NotBefore: until.AddDate(-1, 0, 0), NotAfter: until,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, by.certificate, &key.PublicKey, by.key)
	return &tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, err
}

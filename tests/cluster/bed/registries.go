package main

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The names under which the registries answer, all on one loopback address that no other server listens on.
const (
	address = "127.44.0.2"
	nobody  = "127.44.0.3" // no server: connections are refused
)

var (
	open       = []string{"registry.example.com", "registry.k8s.io", "ghcr.io", "quay.io"}
	withTokens = []string{"registry-1.docker.io", "auth.docker.io"}
	withLogin  = []string{"registry.redhat.io", "private.example.com"} // user "team", password "right"
	failing    = "faulty.example.com"
	untrusted  = "untrusted-root.badssl.com"
	expired    = "expired.badssl.com"
	plain      = "http.badssl.com" // speaks HTTP only, on port 80
	refused    = "down.example.com"
)

func printHosts() {
	names := slices.Concat(open, withTokens, withLogin, []string{failing, untrusted, expired, plain})
	fmt.Println(address, strings.Join(names, " "))
	fmt.Println(nobody, refused)
}

// serveRegistries puts the manners in front of the registry at store.
func serveRegistries(store, dir string) error {
	certificates, err := newCertificates(filepath.Join(dir, "ca.crt"))
	if err != nil {
		return err
	}
	target := &url.URL{Scheme: "http", Host: store}
	behind := httputil.NewSingleHostReverseProxy(target)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		log.Println(r.Host, r.Method, r.URL.Path)
		host, _, found := strings.Cut(r.Host, ":")
		if !found {
			host = r.Host
		}
		switch {
		case slices.Contains(withTokens, host):
			tokens(w, r, behind)
		case slices.Contains(withLogin, host):
			login(w, r, behind)
		case host == failing:
			fail(w, r, behind)
		default:
			behind.ServeHTTP(w, r)
		}
	})
	secure, err := net.Listen("tcp", net.JoinHostPort(address, "443"))
	if err != nil {
		return err
	}
	bare, err := net.Listen("tcp", net.JoinHostPort(address, "80"))
	if err != nil {
		return err
	}
	go http.Serve(bare, handler)
	return http.Serve(tls.NewListener(secure, &tls.Config{GetCertificate: certificates.of}), handler)
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(object{"errors": []object{{"code": code, "message": message}}})
}

// tokens is Docker Hub's manner: everybody gets a token, and a repository that is not there is refused like one that
// is private (https://distribution.github.io/distribution/spec/auth/token).
func tokens(w http.ResponseWriter, r *http.Request, behind http.Handler) {
	if r.URL.Path == "/token" {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(object{"token": "anonymous", "expires_in": 300})
		return
	}
	repository := repositoryOf(r.URL.Path)
	challenge := `Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:` + repository + `:pull"`
	if r.Header.Get("Authorization") == "" {
		w.Header().Set("WWW-Authenticate", challenge)
		refuse(w, http.StatusUnauthorized, "UNAUTHORIZED", "authentication required")
		return
	}
	if !strings.HasPrefix(repository, "library/") && !strings.HasPrefix(repository, "nginxinc/") || strings.Contains(repository, "no-such") {
		w.Header().Set("WWW-Authenticate", challenge+`,error="insufficient_scope"`)
		refuse(w, http.StatusUnauthorized, "UNAUTHORIZED", "authentication required")
		return
	}
	behind.ServeHTTP(w, r)
}

func repositoryOf(path string) string {
	path = strings.TrimPrefix(path, "/v2/")
	for _, end := range []string{"/manifests/", "/blobs/"} {
		if at := strings.Index(path, end); at >= 0 {
			return path[:at]
		}
	}
	return path
}

func login(w http.ResponseWriter, r *http.Request, behind http.Handler) {
	if user, password, ok := r.BasicAuth(); !ok || user != "team" || password != "right" {
		w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
		refuse(w, http.StatusUnauthorized, "UNAUTHORIZED", "authentication required")
		return
	}
	behind.ServeHTTP(w, r)
}

// fail does what the repository's name says.
func fail(w http.ResponseWriter, r *http.Request, behind http.Handler) {
	switch repositoryOf(r.URL.Path) {
	case "denied":
		refuse(w, http.StatusForbidden, "DENIED", "requested access to the resource is denied")
	case "limited":
		refuse(w, http.StatusTooManyRequests, "TOOMANYREQUESTS", "pull rate limit reached")
	case "broken":
		refuse(w, http.StatusInternalServerError, "UNKNOWN", "unknown error")
	case "busy":
		refuse(w, http.StatusServiceUnavailable, "UNAVAILABLE", "service unavailable")
	case "page":
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintln(w, "<html>sign in</html>")
	case "silent":
		time.Sleep(time.Hour)
	default:
		behind.ServeHTTP(w, r)
	}
}

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"debug/elf"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path"
	"runtime"
	"strings"
)

// image is one layer with a command.
type image struct {
	names      []string
	entrypoint []string
	command    []string
	user       string
	layer      []byte
	platform   string
	torn       bool // its layer ends in the middle
}

const busybox = "/bin/busybox" // Debian's busybox-static

// server is a web server that logs its start, listens on PORT (80) and answers / and /healthz.
const server = `echo "listening on :${PORT:-80}"; exec httpd -f -p "${PORT:-80}" -h /www`

func images() ([]image, error) {
	tools, err := toolLayer()
	if err != nil {
		return nil, err
	}
	pause, err := pauseLayer()
	if err != nil {
		return nil, err
	}
	serve := []string{"/bin/sh", "-c", server}
	return []image{
		{names: []string{"pause:3.10"}, entrypoint: []string{"/bed", "pause"}, layer: pause},
		{names: []string{"library/busybox:1.36", "library/busybox:latest"}, command: []string{"sh"}, layer: tools},
		{names: []string{"library/nginx:1.27"}, command: serve, layer: tools},
		{names: []string{"nginxinc/nginx-unprivileged:1.27"}, command: serve, user: "101", layer: tools},
		{names: []string{
			"shop/web:1.4.2", "shop/cart:2.1.0", "shop/cart:2.1.1", "shop/catalog:3.0.1", "shop/checkout:5.2.0", "shop/search:1.9.3",
			"payments/api:7.3.0", "payments/ledger:2.8.4", "payments/fraud:0.9.1", "ingress/gateway:1.12.0",
		}, command: serve, layer: tools},
		{names: []string{"library/arm:1"}, command: []string{"sh"}, layer: tools, platform: "arm64"},
		{names: []string{"library/torn:1"}, command: []string{"sh"}, layer: tools, torn: true},
	}, nil
}

// toolLayer holds busybox under the names of its applets, two users and a page.
func toolLayer() ([]byte, error) {
	list, err := exec.Command(busybox, "--list").Output()
	if err != nil {
		return nil, fmt.Errorf("busybox cannot be run: %w", err)
	}
	l := newLayer()
	l.folder("tmp", 0o1777)
	if err := l.copy(busybox, "bin/busybox"); err != nil {
		return nil, err
	}
	for _, applet := range strings.Fields(string(list)) {
		if applet != "busybox" {
			l.link("bin/"+applet, "busybox")
		}
	}
	l.file("etc/passwd", 0o644, "root:x:0:0:root:/root:/bin/sh\nnginx:x:101:101::/tmp:/bin/sh\n")
	l.file("etc/group", 0o644, "root:x:0:\nnginx:x:101:\n")
	l.file("www/index.html", 0o644, "ok\n")
	l.file("www/healthz", 0o644, "ok\n")
	l.file("app/no-execute.sh", 0o644, "#!/bin/sh\necho started\n")
	l.file("app/no-shebang.sh", 0o755, "echo started\n")
	l.file("app/dos-lines.sh", 0o755, "#!/bin/sh\r\necho started\r\n")
	return l.bytes()
}

func pauseLayer() ([]byte, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if file, err := elf.Open(self); err != nil || file.Section(".interp") != nil {
		return nil, fmt.Errorf("%s is not a static binary: build with CGO_ENABLED=0", self)
	}
	l := newLayer()
	if err := l.copy(self, "bed"); err != nil {
		return nil, err
	}
	return l.bytes()
}

type layer struct {
	plain   bytes.Buffer
	archive *tar.Writer
	failed  error
}

func newLayer() *layer {
	l := &layer{}
	l.archive = tar.NewWriter(&l.plain)
	return l
}

func (l *layer) add(header *tar.Header, content []byte) {
	header.Size = int64(len(content))
	if err := l.archive.WriteHeader(header); err != nil && l.failed == nil {
		l.failed = err
	}
	if _, err := l.archive.Write(content); err != nil && l.failed == nil {
		l.failed = err
	}
}

func (l *layer) folder(name string, mode int64) {
	l.add(&tar.Header{Name: name + "/", Typeflag: tar.TypeDir, Mode: mode}, nil)
}

func (l *layer) file(name string, mode int64, text string) {
	l.add(&tar.Header{Name: name, Mode: mode}, []byte(text))
}

func (l *layer) link(name, to string) {
	l.add(&tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: to, Mode: 0o777}, nil)
}

func (l *layer) copy(from, name string) error {
	content, err := os.ReadFile(from)
	if err == nil {
		l.add(&tar.Header{Name: name, Mode: 0o755}, content)
	}
	return err
}

func (l *layer) bytes() ([]byte, error) {
	if err := l.archive.Close(); err != nil {
		return nil, err
	}
	return l.plain.Bytes(), l.failed
}

func pushAll(store string) error {
	all, err := images()
	if err != nil {
		return err
	}
	for _, image := range all {
		if err := push(store, image); err != nil {
			return fmt.Errorf("%s: %w", image.names[0], err)
		}
	}
	return nil
}

type object = map[string]any

// packed is an image as registries and archives hold it.
type packed struct{ layer, config, manifest []byte }

// pack makes the three blobs of an image. In an archive for a runtime beside us compressing its layer would only cost time.
func (i image) pack(compress bool) (packed, error) {
	p := packed{layer: i.layer}
	kind := "application/vnd.oci.image.layer.v1.tar"
	if compress {
		var buffer bytes.Buffer
		writer := gzip.NewWriter(&buffer)
		writer.Write(i.layer)
		if err := writer.Close(); err != nil {
			return p, err
		}
		p.layer, kind = buffer.Bytes(), kind+"+gzip"
	}
	if i.torn {
		p.layer = p.layer[:len(p.layer)/2]
	}
	var err error
	p.config, err = json.Marshal(object{
		"architecture": i.architecture(), "os": "linux",
		"config": object{
			"Entrypoint": i.entrypoint, "Cmd": i.command, "User": i.user,
			"Env": []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
		},
		"rootfs": object{"type": "layers", "diff_ids": []string{digest(i.layer)}},
	})
	if err != nil {
		return p, err
	}
	p.manifest, err = json.Marshal(object{
		"schemaVersion": 2, "mediaType": manifestType,
		"config": object{"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest(p.config), "size": len(p.config)},
		"layers": []object{{"mediaType": kind, "digest": digest(p.layer), "size": len(p.layer)}},
	})
	return p, err
}

func (i image) architecture() string {
	if i.platform == "" {
		return runtime.GOARCH
	}
	return i.platform
}

// push uploads an image in the way of the OCI distribution specification.
func push(store string, image image) error {
	packed, err := image.pack(true)
	if err != nil {
		return err
	}
	for _, name := range image.names {
		repository, tag, _ := strings.Cut(name, ":")
		base := "http://" + path.Join(store, "v2", repository)
		for _, blob := range [][]byte{packed.layer, packed.config} {
			if err := upload(base, blob); err != nil {
				return err
			}
		}
		if err := tagAs(base, tag, packed.manifest, image.architecture()); err != nil {
			return err
		}
	}
	return nil
}

const (
	manifestType = "application/vnd.oci.image.manifest.v1+json"
	indexType    = "application/vnd.oci.image.index.v1+json"
)

// tagAs gives the manifest a tag. For another platform the tag is an index, as builders make it: the runtime pulls a
// manifest without an index whatever its platform.
func tagAs(base, tag string, manifest []byte, platform string) error {
	if platform == runtime.GOARCH {
		return request("PUT", base+"/manifests/"+tag, manifestType, manifest)
	}
	if err := request("PUT", base+"/manifests/"+digest(manifest), manifestType, manifest); err != nil {
		return err
	}
	index, err := json.Marshal(object{"schemaVersion": 2, "mediaType": indexType, "manifests": []object{{
		"mediaType": manifestType, "digest": digest(manifest), "size": len(manifest),
		"platform": object{"architecture": platform, "os": "linux"},
	}}})
	if err != nil {
		return err
	}
	return request("PUT", base+"/manifests/"+tag, indexType, index)
}

func upload(base string, blob []byte) error {
	if request("HEAD", base+"/blobs/"+digest(blob), "", nil) == nil {
		return nil
	}
	begin, err := http.Post(base+"/blobs/uploads/", "", nil)
	if err != nil {
		return err
	}
	begin.Body.Close()
	to := begin.Header.Get("Location")
	join := "?"
	if strings.Contains(to, "?") {
		join = "&"
	}
	return request("PUT", to+join+"digest="+digest(blob), "application/octet-stream", blob)
}

func request(method, url, kind string, body []byte) error {
	ask, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	ask.Header.Set("Content-Type", kind)
	answer, err := http.DefaultClient.Do(ask)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		text, _ := io.ReadAll(answer.Body)
		return fmt.Errorf("%s %s: %s %s", method, url, answer.Status, text)
	}
	return nil
}

func digest(data []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(data)) }

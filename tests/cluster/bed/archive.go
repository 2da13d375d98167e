package main

import (
	"archive/tar"
	"encoding/json"
	"io"
)

// archive writes an OCI image layout that `ctr images import` reads.
type archive struct {
	out       *tar.Writer
	written   map[string]bool
	manifests []object
}

func newArchive(to io.Writer) *archive {
	return &archive{out: tar.NewWriter(to), written: map[string]bool{}}
}

func (a *archive) file(name string, content []byte) error {
	if a.written[name] {
		return nil
	}
	a.written[name] = true
	if err := a.out.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}); err != nil {
		return err
	}
	_, err := a.out.Write(content)
	return err
}

// add writes an image under all its names, which are complete: registry, repository and tag.
func (a *archive) add(image image) error {
	packed, err := image.pack(false)
	if err != nil {
		return err
	}
	for _, blob := range [][]byte{packed.layer, packed.config, packed.manifest} {
		if err := a.file("blobs/sha256/"+digest(blob)[len("sha256:"):], blob); err != nil {
			return err
		}
	}
	for _, name := range image.names {
		a.manifests = append(a.manifests, object{
			"mediaType": manifestType, "digest": digest(packed.manifest), "size": len(packed.manifest),
			"platform":    object{"architecture": image.architecture(), "os": "linux"},
			"annotations": object{"io.containerd.image.name": name},
		})
	}
	return nil
}

func (a *archive) close() error {
	index, err := json.Marshal(object{"schemaVersion": 2, "mediaType": indexType, "manifests": a.manifests})
	if err != nil {
		return err
	}
	if err := a.file("index.json", index); err != nil {
		return err
	}
	if err := a.file("oci-layout", []byte(`{"imageLayoutVersion": "1.0.0"}`)); err != nil {
		return err
	}
	return a.out.Close()
}

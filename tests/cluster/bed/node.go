package main

import (
	"bufio"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// writeNodeImages writes what a node of kind has to bring along where nothing can be pulled: the images of
// `kubeadm config images list`, and those that the manifests of the tests run.
func writeNodeImages(to io.Writer, list io.Reader, binaries, root string) error {
	archive := newArchive(to)
	lines := bufio.NewScanner(list)
	for lines.Scan() {
		image, err := component(lines.Text(), binaries, root)
		if err == nil {
			err = archive.add(image)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", lines.Text(), err)
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	all, err := images()
	if err != nil {
		return err
	}
	for _, image := range all {
		// what Docker Hub has and this machine can run: the rest belongs to the registries of the real node
		if !strings.HasPrefix(image.names[0], "library/") && !strings.HasPrefix(image.names[0], "nginxinc/") || image.platform != "" {
			continue
		}
		for i, name := range image.names {
			image.names[i] = "docker.io/" + name
		}
		if err := archive.add(image); err != nil {
			return fmt.Errorf("%s: %w", image.names[0], err)
		}
	}
	return archive.close()
}

// component makes the image of one line of kubeadm's list. The tag is the one that kubeadm wants, whatever the
// version of the content: kubeadm's etcd and CoreDNS of a Kubernetes release need not be on the module proxy.
func component(reference, binaries, root string) (image, error) {
	repository, _, tagged := strings.Cut(path.Base(reference), ":")
	if !tagged {
		return image{}, fmt.Errorf("an image without a tag")
	}
	made := image{names: []string{reference}}
	var err error
	switch repository {
	case "pause":
		made.entrypoint = []string{"/bed", "pause"}
		made.layer, err = pauseLayer()
		return made, err
	case "coredns":
		made.entrypoint = []string{"/usr/local/bin/coredns"}
	}
	l := newLayer()
	l.folder("tmp", 0o1777)
	if err := l.copy(filepath.Join(binaries, repository), "usr/local/bin/"+repository); err != nil {
		return made, err
	}
	if repository == "kube-proxy" {
		if err := packetFilters(l, root); err != nil {
			return made, err
		}
	}
	made.layer, err = l.bytes()
	return made, err
}

// packetFilters adds the tools that kube-proxy calls, of the system in root.
func packetFilters(l *layer, root string) error {
	const multi = "xtables-nft-multi"
	extensions, err := filepath.Glob(filepath.Join(root, "usr/lib/*/xtables/*.so"))
	if err != nil {
		return err
	}
	wanted := []string{"usr/sbin/" + multi, "usr/sbin/nft", "usr/sbin/conntrack"}
	for _, extension := range extensions {
		name, err := filepath.Rel(root, extension)
		if err != nil {
			return err
		}
		wanted = append(wanted, name)
	}
	for _, name := range []string{"iptables", "ip6tables"} {
		for _, command := range []string{"", "-save", "-restore"} {
			l.link("usr/sbin/"+name+command, multi)
		}
	}
	return withLibraries(l, root, wanted)
}

// withLibraries adds files of the system in root, and the loader and the libraries that they need.
func withLibraries(l *layer, root string, wanted []string) error {
	added := map[string]bool{}
	for len(wanted) > 0 {
		name := wanted[0]
		wanted = wanted[1:]
		if added[name] {
			continue
		}
		added[name] = true
		from := filepath.Join(root, name)
		if err := l.copy(from, name); err != nil {
			return err
		}
		needed, err := librariesOf(from, root)
		if err != nil {
			return fmt.Errorf("%s: %w", from, err)
		}
		wanted = append(wanted, needed...)
	}
	return nil
}

func librariesOf(binary, root string) ([]string, error) {
	file, err := elf.Open(binary)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var needed []string
	if loader := file.Section(".interp"); loader != nil {
		name, err := loader.Data()
		if err != nil {
			return nil, err
		}
		needed = append(needed, strings.Trim(string(name), "/\x00"))
	}
	imported, err := file.ImportedLibraries()
	if err != nil {
		return nil, err
	}
	for _, library := range imported {
		found, err := filepath.Glob(filepath.Join(root, "usr/lib/*", library))
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%s: %w", library, os.ErrNotExist)
		}
		name, err := filepath.Rel(root, found[0])
		if err != nil {
			return nil, err
		}
		needed = append(needed, name)
	}
	return needed, nil
}

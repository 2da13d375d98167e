#!/usr/bin/env bash
# Makes the file system of a kind node, where the published image cannot be had: a small Debian with the components
# that build.sh builds.
#   make-node-image.sh FOLDER     with KUBERNETES and DIR as in common.sh
# kind.sh runs it in namespaces of its own: what it mounts and starts ends with it.
#
# It follows what kind wants of a node image (kind's sources, images/base): systemd as /sbin/init behind kind's own
# entrypoint, containerd, kubeadm, kubelet and kubectl, /kind/version, and the images of the control plane in containerd.
set -euo pipefail
HERE=$(cd "$(dirname "$0")/.." && pwd)
. "$HERE/lib/common.sh"
. "$HERE/lib/build.sh"
ROOT=$1

# systemd 252 still starts on cgroup v1; newer ones are said to refuse
SUITE=bookworm
PACKAGES=systemd,systemd-sysv,containerd,runc,containernetworking-plugins,conntrack,iptables,nftables
PACKAGES+=,iproute2,ethtool,kmod,procps,mount,ca-certificates

base_system() {
  local mirror
  # the mirror that this machine is set to use, when it is one of Debian's
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | grep -m1 '/debian$' || true)
  debootstrap --variant=minbase --include=$PACKAGES $SUITE "$ROOT" "${mirror:-http://deb.debian.org/debian}"
  rm -rf "$ROOT"/var/cache/apt/archives/*.deb "$ROOT"/var/lib/apt/lists/* "$ROOT"/usr/share/{doc,man,locale}/*
}

# kind's files come from its module; what they expect of their own base image is brought in line with Debian's
kind_files() {
  local source
  source=$(cd "$(module "kind-$(version_in kind)" kind)" && GOFLAGS=-mod=mod go list -m -f '{{.Dir}}' sigs.k8s.io/kind)
  # modules are read-only in Go's cache and carry no executable bits
  cp -r --no-preserve=mode,ownership "$source/images/base/files/." "$ROOT"
  chmod 755 "$ROOT"/usr/local/bin/* "$ROOT"/kind/bin/*
  sed -i 's|/usr/local/bin/containerd|/usr/bin/containerd|' "$ROOT/etc/systemd/system/containerd.service"
  # raising its own importance takes CAP_SYS_RESOURCE, which the machine may lack
  sed -i '/^OOMScoreAdjust=/d' "$ROOT/etc/systemd/system/containerd.service"
  mkdir -p "$ROOT"/etc/kubernetes/manifests "$ROOT"/etc/cni/net.d "$ROOT"/kind/manifests
  rm -f "$ROOT"/etc/cni/net.d/*
  printf 'v%s' "$KUBERNETES" >"$ROOT/kind/version"
  : >"$ROOT/etc/machine-id"
}

# of systemd's units only kind's: the rest is for machines with disks, consoles and devices
services() {
  local units=$ROOT/lib/systemd/system
  rm -f "$ROOT"/etc/systemd/system/*.wants/* "$units"/{multi-user,local-fs,basic}.target.wants/* \
    "$units"/sockets.target.wants/*{udev,initctl}* "$units"/sysinit.target.wants/systemd-tmpfiles-setup.service
  chroot "$ROOT" systemctl enable kubelet.service containerd.service undo-mount-hacks.service
  chroot "$ROOT" systemctl mask systemd-binfmt.service # it would register formats with the machine's kernel
}

containerd_config() {
  cat >"$ROOT/etc/containerd/config.toml" <<TOML
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$1"
  restrict_oom_score_adj = true
  disable_apparmor = true
  tolerate_missing_hugetlb_controller = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    discard_unpacked_layers = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
      BinaryName = "/usr/local/sbin/runc-of-bed"
TOML
}

components() {
  local name
  for name in kubeadm kubelet kubectl; do install -m 755 "$BIN/$name" "$ROOT/usr/bin/$name"; done
  install -D -m 755 "$BED" "$ROOT/usr/local/lib/kubectl-diagnose/bed"
  printf '#!/bin/sh\nexec /usr/local/lib/kubectl-diagnose/bed runc "$@"\n' >"$ROOT/usr/local/sbin/runc-of-bed"
  chmod 755 "$ROOT/usr/local/sbin/runc-of-bed"
}

# inside COMMAND...: runs it in the new system
inside() { chroot "$ROOT" env PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }

# images LIST: into the new system's containerd, unpacked, since each node's containerd would have to do it otherwise
images() {
  local binaries=$ROOT/../binaries blobs=/var/lib/containerd/io.containerd.content.v1.content/blobs/sha256 server blob
  mkdir -p "$binaries"
  ln -sf "$BIN"/kube* "$binaries"
  ln -sf "$ETCD" "$binaries/etcd"
  ln -sf "$COREDNS" "$binaries/coredns"
  mount -t proc proc "$ROOT/proc"
  mount --rbind /dev "$ROOT/dev"
  mount -t tmpfs tmpfs "$ROOT/run"
  printf 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n' >"$ROOT/run/containerd.toml"
  (exec chroot "$ROOT" env PATH=/usr/sbin:/usr/bin containerd -c /run/containerd.toml) &
  server=$!
  until_true 20 "an answer of containerd" inside ctr version
  "$BED" node-images "$binaries" "$ROOT" <<<"$1" | inside ctr -n k8s.io images import -
  # layers are not needed any more, and each node gets a copy of all this. containerd would delete them some time later
  inside find $blobs -size +256k -printf 'sha256:%f\n' | while read -r blob; do inside ctr -n k8s.io content rm "$blob"; done
  kill $server
  wait $server || true
  find "$ROOT$blobs" -size +256k -delete
}

build_bed
build_etcd
build_coredns
list=$("$BIN/kubeadm" config images list --kubernetes-version "v$KUBERNETES")
base_system
kind_files
services
containerd_config "$(grep /pause: <<<"$list")"
components
images "$list"

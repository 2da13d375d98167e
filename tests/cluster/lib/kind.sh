# A kind cluster with three workers. Sourced by up and down.
#
# With a Docker daemon that answers, kind uses it and the published node image; where that cannot be pulled, an image
# made here (make-node-image.sh). Where no daemon runs, root gets one of its own (docker.sh).

KIND_CLUSTER=kubectl-diagnose
KIND_PORT=${KIND_PORT:-16444}
NODE_IMAGE=kubectl-diagnose/node:v$KUBERNETES
. "$HERE/lib/docker.sh"

# published: the node image of kind's release notes for this minor version; a digest, since tags are pushed anew
published() {
  case $KUBERNETES in
    1.37.*) echo kindest/node:v1.37.0@sha256:a1ed56cfb0e7b93589bdf97c8cd566405a265939e3620fc4f5de89adff580ae5 ;;
    1.36.*) echo kindest/node:v1.36.4@sha256:099e049362a1526b2db71494e1947aae99bd16290d7c895f2b7ea312e3cbfaed ;;
    1.35.*) echo kindest/node:v1.35.8@sha256:07b2536e30b803ed61d1677a79df6115f798ce64c80f9e22f6ed45afd09323c0 ;;
    1.34.*) echo kindest/node:v1.34.11@sha256:44e222ee2132dab25ff87301682f89eb82c7880ea3a1bf543bfe9708fd08d67d ;;
    1.33.*) echo kindest/node:v1.33.12@sha256:3f5c8443c620245e4d355cfe09e96a91ead32ceaa569d3f1ca9edf0cb2fe2ff4 ;;
    *) echo "kindest/node:v$KUBERNETES" ;;
  esac
}

# a daemon that answers, the user's or ours; DOCKER_HOST leads to it
docker_of_kind() {
  if ! alive docker && has docker && docker info >/dev/null 2>&1; then return; fi
  if [ "$(uname)" != Linux ] || [ "$(id -u)" != 0 ]; then
    die "kind needs a Docker daemon that answers (https://docs.docker.com/engine/install); as root on Debian, up starts one"
  fi
  export DOCKER_HOST=unix://$DIR/run/docker.sock
  build_bed
  docker_up
}

# node_image: the name of an image that the daemon has, in IMAGE
node_image() {
  IMAGE=${KIND_IMAGE:-$(published)}
  if docker image inspect "$IMAGE" >/dev/null 2>&1; then return; fi
  # our own daemon reaches no registry
  if ! alive docker && docker pull "$IMAGE" >&2; then return; fi
  [ -z "${KIND_IMAGE:-}" ] || die "$IMAGE cannot be pulled"
  IMAGE=$NODE_IMAGE
  if docker image inspect "$IMAGE" >/dev/null 2>&1; then return; fi
  node_archive
  docker import --change 'ENV container=docker' --change 'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]' \
    "$NODE_ARCHIVE" "$IMAGE" >/dev/null
  touch "$DIR/image.imported"
}

# node_archive: the file system of a node, kept in the cache as NODE_ARCHIVE; made anew when its recipe changes
node_archive() {
  local work=$DIR/image
  NODE_ARCHIVE=$CACHE/kind-node-$KUBERNETES-$(digest "$HERE/lib/make-node-image.sh" "$HERE"/bed/{archive,images,node,runc}.go).tar
  if [ -f "$NODE_ARCHIVE" ]; then return; fi
  [ "$(id -u)" = 0 ] || die "$(published) cannot be pulled, and making a node image takes root"
  need debootstrap=debootstrap busybox=busybox-static unshare=util-linux
  build_bed
  build_etcd
  build_coredns
  build_kubernetes kubeadm kubectl kubelet kube-apiserver kube-controller-manager kube-scheduler kube-proxy
  say "making a node image (once)"
  rm -rf --one-file-system "$work"
  mkdir -p "$work" "$DIR/log"
  KUBERNETES=$KUBERNETES DIR=$DIR unshare --mount --pid --fork --kill-child --mount-proc --propagation private \
    "$HERE/lib/make-node-image.sh" "$work/root" >"$DIR/log/node-image.log" 2>&1 || { tail -20 "$DIR/log/node-image.log" >&2; die "the node image could not be made"; }
  rm -f "$CACHE/kind-node-$KUBERNETES"-*.tar
  tar -C "$work/root" -cf "$NODE_ARCHIVE.part" .
  mv "$NODE_ARCHIVE.part" "$NODE_ARCHIVE"
  rm -rf --one-file-system "$work"
}

# kubelet_patch and proxy_patch: what this machine and our image ask for beyond kind's own settings
kubelet_patch() {
  # default true since 1.35; the field is there since 1.31
  if cgroup_v1 && [ "$(cut -d. -f2 <<<"$KUBERNETES")" -ge 31 ]; then echo 'failCgroupV1: false'; fi
  # containerd 1.6 cannot tell which driver it uses, and ours does not ask systemd
  if [ "$IMAGE" = "$NODE_IMAGE" ]; then echo 'cgroupDriver: cgroupfs'; fi
  # a lower OOM score takes a capability
  if lacks_resources; then echo 'oomScoreAdj: 0'; fi
}

proxy_patch() { if lacks_resources; then echo 'oomScoreAdj: 0'; fi; }

kind_config() {
  local worker
  echo 'kind: Cluster'
  echo 'apiVersion: kind.x-k8s.io/v1alpha4'
  echo 'networking:'
  echo '  apiServerAddress: 127.0.0.1'
  # the same port on both loopbacks, so that one kubeconfig is right inside and outside
  if alive docker; then echo "  apiServerPort: $KIND_PORT"; fi
  if [ "$IMAGE" = "$NODE_IMAGE" ]; then echo '  disableDefaultCNI: true'; fi
  echo 'kubeadmConfigPatches:'
  kubeadm_patch KubeletConfiguration kubelet.config.k8s.io/v1beta1 "$(kubelet_patch)"
  kubeadm_patch KubeProxyConfiguration kubeproxy.config.k8s.io/v1alpha1 "$(proxy_patch)"
  echo 'nodes:'
  echo '  - role: control-plane'
  for worker in 1 2 3; do echo '  - role: worker'; done
}

# kubeadm_patch KIND VERSION FIELDS
kubeadm_patch() {
  printf '  - |\n    kind: %s\n    apiVersion: %s\n' "$1" "$2"
  sed -n 's/^./    &/p' <<<"$3"
}

addresses() {
  local name='{.metadata.name}' range='{.spec.podCIDR}' address='{.status.addresses[?(@.type=="InternalIP")].address}'
  kubectl get nodes -o "jsonpath={range .items[*]}$name $range $address{\"\n\"}{end}"
}

all_have_addresses() { [ "$(addresses | awk 'NF == 3' | wc -l)" = 4 ]; }

# pod_network: kind's own network plug-in is an image that our node image lacks. The nodes of this cluster neither come
# nor go, so that what it would watch over can be written down once: each node's range, and the way to the others'.
pod_network() {
  local node range address
  until_true 60 "a range of pod addresses for each node" all_have_addresses
  addresses >"$DIR/addresses"
  while read -r node range address; do
    {
      awk -v node="$node" '$1 != node { print "ip route replace " $2 " via " $3 }' "$DIR/addresses"
      cat <<SH
cat >/etc/cni/net.d/10-kubectl-diagnose.conflist <<'JSON'
{"cniVersion": "0.4.0", "name": "kubectl-diagnose", "plugins": [
  {"type": "ptp", "ipMasq": false, "ipam": {"type": "host-local", "dataDir": "/run/cni-addresses",
    "ranges": [[{"subnet": "$range"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
JSON
SH
    } | docker exec -i "$node" sh -e
  done <"$DIR/addresses"
}

kind_up() {
  mkdir -p "$DIR/log"
  has kubectl || { build_kubernetes kubectl; PATH=$PATH:$BIN; say "kubectl is $BIN/kubectl"; }
  build_kind
  docker_of_kind
  KUBECONFIG=$DIR/kind.kubeconfig
  if ! { [ -f "$DIR/kind.ready" ] && "$KIND" get clusters 2>/dev/null | grep -qx $KIND_CLUSTER; }; then
    # half a cluster, of an `up` that was interrupted
    if [ -f "$DIR/kind.started" ]; then "$KIND" delete cluster --name $KIND_CLUSTER --kubeconfig "$KUBECONFIG" 2>/dev/null; fi
    node_image
    kind_config >"$DIR/kind.yaml"
    docker network inspect kind >/dev/null 2>&1 || touch "$DIR/network.made"
    touch "$DIR/kind.started"
    "$KIND" create cluster --name $KIND_CLUSTER --config "$DIR/kind.yaml" --kubeconfig "$KUBECONFIG" --image "$IMAGE" \
      >"$DIR/log/kind.log" 2>&1 || { cat "$DIR/log/kind.log" >&2; kind_down; die "kind could not create the cluster"; }
    if [ "$IMAGE" = "$NODE_IMAGE" ]; then pod_network; touch "$DIR/image.ours"; fi
    touch "$DIR/kind.ready"
  fi
  kubectl wait --for=condition=Ready node --all --timeout=120s >/dev/null
  kubectl wait --for=condition=Available deployment --all -n kube-system --timeout=120s >/dev/null
}

kind_down() {
  if [ -f "$DIR/run/docker.pid" ]; then docker_down; return; fi
  [ -f "$DIR/kind.started" ] || return 0
  build_kind
  "$KIND" delete cluster --name $KIND_CLUSTER --kubeconfig "$DIR/kind.kubeconfig"
  if [ -f "$DIR/image.imported" ]; then docker image rm "$NODE_IMAGE" >/dev/null; fi
  # other clusters of kind may have come to use the network
  if [ -f "$DIR/network.made" ]; then docker network rm kind >/dev/null 2>&1 || true; fi
}

# One real node: kubelet, containerd and runc of Debian, a bridge for its pods, registries on loopback.
# Sourced by up and down. containerd and kubelet live in a mount namespace of their own with their own
# /etc/resolv.conf, /etc/hosts and /var/log: image names lead to the registries of bed/, every other name to
# NXDOMAIN, and no pull leaves the machine.

NODE=worker-1
BRIDGE=kdiagnose0 NODE_IP=10.88.0.1 POD_NET=10.88.0
CONTAINERD=$DIR/run/containerd.sock
DNS_ADDRESS=127.44.0.53
# folders that containerd, CNI plugins and the kubelet use wherever they are told to live
OWN_FOLDERS="/run/containerd /run/netns /var/lib/cni /var/lib/kubelet"

real_node_possible() {
  if [ "$(uname)" != Linux ] || [ "$(id -u)" != 0 ]; then
    say "no real node: that needs Linux and root (causes that only a kubelet shows are not tested)"
    return 1
  fi
}

in_node() { nsenter -t "$(pid_of namespace)" -m -- "$@"; }

# start_in_node NAME COMMAND...
start_in_node() {
  local name=$1
  shift
  alive "$name" || start "$name" nsenter -t "$(pid_of namespace)" -m -- "$@"
}

# The bridge has no port of the machine: it is the node's address and its pods' network in one
bridge_up() {
  ip link show $BRIDGE >/dev/null 2>&1 && return
  ip link add $BRIDGE type bridge
  ip addr add $NODE_IP/24 dev $BRIDGE
  ip link set $BRIDGE up
}

namespace_up() {
  local path
  alive namespace && return
  mkdir -p "$DIR/node/log"
  for path in $OWN_FOLDERS; do
    mkdir -p "$DIR/node/own$path"
    [ -d "$path" ] || { mkdir "$path" && echo "$path" >>"$DIR/node/made"; }
  done
  printf 'nameserver %s\noptions timeout:1 attempts:1\n' $DNS_ADDRESS >"$DIR/node/resolv.conf"
  { printf '127.0.0.1 localhost\n%s %s\n' $NODE_IP $NODE; "$BED" hosts; } >"$DIR/node/hosts"
  rm -f "$DIR/node/ready"
  start namespace unshare -m --propagation private bash -c 'cd "$1" && shift && set -e
    mount --make-rshared /
    mount --bind resolv.conf "$(readlink -f /etc/resolv.conf)"
    mount --bind hosts /etc/hosts
    mount --bind log /var/log
    for path; do mount --bind "own$path" "$path"; done
    touch ready
    exec sleep infinity' namespace "$DIR/node" $OWN_FOLDERS
  until_true 10 "the node's mount namespace" test -f "$DIR/node/ready"
}

registries_up() {
  local config=$DIR/node/registry.yaml
  cat >"$config" <<YAML
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: $DIR/node/registry}}
http: {addr: "127.0.0.1:$STORE_PORT"}
YAML
  alive registry && alive registries && return
  start registry docker-registry serve "$config"
  start registries "$BED" registries 127.0.0.1:$STORE_PORT "$DIR/node"
  until_true 20 "the test images in the registry" "$BED" images 127.0.0.1:$STORE_PORT
}

# restrict_oom_score_adj, disable_apparmor: machines without CAP_SYS_RESOURCE or AppArmor. no-such is a handler that fails.
containerd_config() {
  mkdir -p "$DIR/node/net.d"
  cat >"$DIR/node/containerd.toml" <<TOML
version = 2
root = "$DIR/node/containerd"
state = "$DIR/run/containerd"
[grpc]
  address = "$CONTAINERD"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.10"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$DIR/node/net.d"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.no-such]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.no-such.options]
      BinaryName = "/usr/local/bin/no-such-runtime"
TOML
  network "$DIR/node/net.d" kubectl-diagnose "$(bridge_plugin false $POD_NET 10 250)"
  broken_network one-address "$(bridge_plugin false $POD_NET 251 251)"
  broken_network other-subnet "$(bridge_plugin true 10.89.7 10 250)"
  broken_network no-plugin '{"type": "calico"}'
  broken_network port-mapping "$(bridge_plugin false $POD_NET 252 254)"',
  {"type": "portmap", "capabilities": {"portMappings": true}, "markMasqBit": 14, "externalSetMarkChain": "KUBE-MARK-MASQ"}'
  broken_network no-configuration
}

# bridge_plugin GATEWAY NET FIRST LAST
bridge_plugin() {
  printf '{"type": "bridge", "bridge": "%s", "isGateway": %s, "ipMasq": false, "ipam": {"type": "host-local", "dataDir": "%s",
    "ranges": [[{"subnet": "%s.0/24", "rangeStart": "%s", "rangeEnd": "%s"}]]}}' $BRIDGE "$1" "$DIR/node/ipam" "$2" "$2.$3" "$2.$4"
}

# network FOLDER NAME PLUGINS
network() { printf '{"cniVersion": "0.4.0", "name": "%s", "plugins": [\n  %s]}\n' "$2" "$3" >"$1/10-$2.conflist"; }

# broken_network HANDLER [PLUGINS]: a runtime whose pods get a network of its own, or none.
broken_network() {
  local folder=$DIR/node/networks/$1
  mkdir -p "$folder"
  cat >>"$DIR/node/containerd.toml" <<TOML
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.$1]
    runtime_type = "io.containerd.runc.v2"
    cni_conf_dir = "$folder"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.$1.options]
      SystemdCgroup = false
TOML
  [ $# = 1 ] || network "$folder" "$1" "$2"
}

# failCgroupV1 since 1.31; cgroupDriver until 1.37, containerd 1.6 cannot tell its own; podLogsDir since 1.30.
# Image pulls run all at once: two pulls from a registry that never answers would block the rest for ever.
kubelet_config() {
  mkdir -p "$DIR/node/static"
  cat >"$DIR/node/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
cgroupDriver: cgroupfs
containerRuntimeEndpoint: unix://$CONTAINERD
address: $NODE_IP
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
oomScoreAdj: 0
makeIPTablesUtilChains: false
failSwapOn: false
clusterDNS: [10.96.0.10]
clusterDomain: cluster.local
maxPods: 200
serializeImagePulls: false
maxParallelImagePulls: 30
registryPullQPS: 0
eventRecordQPS: 0
staticPodPath: $DIR/node/static
volumeStatsAggPeriod: 10s
evictionHard: {memory.available: 100Mi, nodefs.available: 1Gi, imagefs.available: 1Gi, nodefs.inodesFree: "1%"}
evictionPressureTransitionPeriod: 10s
YAML
}

real_node_up() {
  need containerd=containerd runc=runc docker-registry=docker-registry busybox=busybox-static \
    /usr/lib/cni/bridge=containernetworking-plugins ip=iproute2 nsenter=util-linux pgrep=procps
  build_kubernetes kubelet
  build_bed
  bridge_up
  namespace_up
  start dns "$BED" dns $DNS_ADDRESS:53
  registries_up
  containerd_config
  kubelet_config
  start_in_node containerd env SSL_CERT_FILE="$DIR/node/ca.crt" containerd -c "$DIR/node/containerd.toml"
  until_true 30 "an answer of containerd" ctr -a "$CONTAINERD" version
  [ -d /sys/fs/cgroup/kubepods ] || [ -d /sys/fs/cgroup/cpu/kubepods ] || touch "$DIR/node/cgroups.ours"
  start_in_node kubelet "$BIN/kubelet" --config="$DIR/node/kubelet.yaml" --kubeconfig="$DIR/kubelet.kubeconfig" \
    --hostname-override=$NODE --node-ip=$NODE_IP --root-dir="$DIR/node/kubelet" --cert-dir="$DIR/node/kubelet-pki" \
    --node-labels=pool=general,disktype=ssd,topology.kubernetes.io/zone=eu-a,test.kubectl-diagnose/node=real
  until_true 60 "Ready of $NODE" kubectl wait --for=condition=Ready node/$NODE --timeout=1s
}

real_node_down() {
  local path shim
  stop kubelet
  if alive containerd; then
    ctr -a "$CONTAINERD" -n k8s.io tasks ls -q | xargs -r -n 1 -P 8 ctr -a "$CONTAINERD" -n k8s.io tasks rm -f >/dev/null 2>&1 || true
    ctr -a "$CONTAINERD" -n k8s.io containers ls -q | xargs -r ctr -a "$CONTAINERD" -n k8s.io containers rm >/dev/null 2>&1 || true
  fi
  stop containerd
  # a pod may have been on its way meanwhile: shims are told by the socket of our containerd
  for shim in $(pgrep -f "containerd-shim.* -address $CONTAINERD"); do kill "$shim" || true; done
  for path in dns registries registry namespace; do stop $path; done
  # mounts under our folder that were propagated or outlived their pod
  awk -v dir="$DIR/" 'index($2, dir) == 1 { print $2 }' /proc/mounts | tac | xargs -r umount -l
  if [ -f "$DIR/node/cgroups.ours" ]; then
    find /sys/fs/cgroup -depth -type d -path '*/kubepods*' -exec rmdir {} + 2>/dev/null || true
  fi
  if ip link show $BRIDGE >/dev/null 2>&1; then ip link delete $BRIDGE; fi
  # another node on this machine may use them by now, or have taken them away
  if [ -f "$DIR/node/made" ]; then xargs rmdir <"$DIR/node/made" 2>/dev/null || true; fi
}

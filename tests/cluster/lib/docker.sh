# A Docker daemon of our own, where none runs. Sourced by kind.sh.
#
# It lives in network, mount and process namespaces of its own: nothing in it reaches beyond this machine, its bridges,
# packet filters and mounts go with it, and whatever it started ends when their first process does.

DOCKER_DNS=10.44.0.53 # not on the bridge: kind's nodes take queries to the bridge's address for ones to Docker's resolver
API_SOCKET=$DIR/run/kind-api.sock
CGROUP=kubectl-diagnose

# machines inside a sandbox may lack a capability that nodes ask for; linux/capability.h: CAP_SYS_RESOURCE is bit 24
lacks_resources() {
  local held
  held=$(sed -n 's/^CapBnd:[[:space:]]*//p' /proc/self/status)
  [ $(( (16#$held >> 24) & 1 )) = 0 ]
}

cgroup_v1() { [ ! -f /sys/fs/cgroup/cgroup.controllers ]; }

# runc_of_bed FILE BED: a runc that leaves out what this machine does not allow; the setting wants one file, no arguments
runc_of_bed() {
  mkdir -p "$(dirname "$1")"
  printf '#!/bin/sh\nexec %s runc "$@"\n' "$2" >"$1"
  chmod 755 "$1"
}

docker_settings() {
  local oom=
  # dockerd wants to protect itself from the OOM killer, which takes CAP_SYS_RESOURCE
  if lacks_resources && dockerd --help | grep -q -- --oom-score-adjust; then oom='"oom-score-adjust": 0,'; fi
  runc_of_bed "$DIR/docker/runc" "$BED"
  # the cgroups have a parent of ours so that `down` finds them; cgroupfs makes it, without asking systemd
  cat >"$DIR/docker/daemon.json" <<JSON
{
  "data-root": "$DIR/docker/data", "exec-root": "$DIR/docker/exec", "pidfile": "$DIR/docker/pid",
  "hosts": ["unix://$DIR/run/docker.sock"], "dns": ["$DOCKER_DNS"], $oom
  "storage-driver": "overlay2", "exec-opts": ["native.cgroupdriver=cgroupfs"], "cgroup-parent": "/$CGROUP",
  "runtimes": {"allowed": {"path": "$DIR/docker/runc"}}, "default-runtime": "allowed"
}
JSON
}

# first_process: what runs in the namespaces. dockerd stays in the foreground: all ends when it does. Its /run is its own,
# since dockerd makes /run/docker wherever it is told to live
first_process() {
  cat <<'BASH'
set -e
mount -t tmpfs tmpfs /run
ip link set lo up
ip addr add "$dns/32" dev lo
"$bed" dns "$dns:53" &
"$bed" forward "unix:$socket" "tcp:127.0.0.1:$port" &
dockerd --config-file "$settings"
BASH
}

docker_up() {
  if alive docker; then return; fi
  need dockerd=docker.io iptables=iptables ip=iproute2 unshare=util-linux
  has docker || need docker=docker-cli
  # what an earlier daemon left that was killed
  docker_clean
  mkdir -p "$DIR/docker"
  docker_settings
  start docker env dns=$DOCKER_DNS bed="$BED" socket="$API_SOCKET" port="$KIND_PORT" settings="$DIR/docker/daemon.json" \
    PATH="$PATH:/usr/sbin:/sbin" \
    unshare --mount --net --pid --fork --kill-child --mount-proc --propagation private bash -c "$(first_process)"
  until_true 30 "an answer of dockerd" docker version
  # the API server's port, at the same address outside
  start kind-api "$BED" forward "tcp:127.0.0.1:$KIND_PORT" "unix:$API_SOCKET"
}

# docker_down: by force, since the first process of a namespace takes no other signal; nothing in there is kept
docker_down() {
  stop kind-api
  stop docker KILL
  docker_clean
}

docker_clean() {
  local tries
  rm -rf --one-file-system "$DIR/docker" "$API_SOCKET" "$DIR/run/docker.sock" "$DIR"/{kind,image,network}.*
  # processes leave their cgroups a moment after they are killed
  for tries in $(seq 50); do
    find /sys/fs/cgroup -depth -type d -path "*/$CGROUP*" -exec rmdir {} + 2>/dev/null || true
    [ -n "$(find /sys/fs/cgroup -maxdepth 2 -type d -name "$CGROUP")" ] || return 0
    sleep 0.1
  done
}

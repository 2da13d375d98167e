# Where everything lies, and how processes are started and stopped. Sourced by up, down and test.

KUBERNETES=${KUBERNETES:-1.37.2}
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-diagnose
DIR=${DIR:-$CACHE/${bed:-local}} # both beds may be up at once
BIN=$CACHE/kubernetes-$KUBERNETES

# loopback ports of this cluster; none is the default of a component, so that another cluster may run beside it
API_PORT=16443 ETCD_PORT=12379 ETCD_PEER_PORT=12380 SCHEDULER_PORT=11259 CONTROLLER_PORT=11257 STORE_PORT=15000
# where tests/cluster/situations/webhook-denied expects it
WEBHOOK_PORT=18446

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

# has COMMAND...: is each of these on PATH
has() {
  local command
  for command in "$@"; do
    PATH=$PATH:/usr/sbin:/sbin command -v "$command" >/dev/null || return 1
  done
}

# need COMMAND=PACKAGE...: installs the Debian packages of the commands that are missing, or says which are
need() {
  local pair missing=()
  for pair in "$@"; do has "${pair%%=*}" || missing+=("${pair#*=}"); done
  [ ${#missing[@]} = 0 ] && return
  if [ "$(id -u)" = 0 ] && has apt-get; then
    say "installing ${missing[*]}"
    # the packages' own services would start a second containerd and a registry: policy-rc.d forbids it meanwhile
    local policy=/usr/sbin/policy-rc.d made=
    [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; made=1; }
    mkdir -p "$DIR/log"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } \
      >"$DIR/log/apt.log" 2>&1 || { tail -20 "$DIR/log/apt.log" >&2; missing=(); }
    [ -z $made ] || rm -f $policy
    [ ${#missing[@]} != 0 ] || die "the packages could not be installed"
  else
    die "missing: ${missing[*]} (on Debian: apt-get install ${missing[*]})"
  fi
}

# the moment a process began, so that a reused process id is not taken for it; nothing once it has ended
begun() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'; }

pid_of() { cut -d' ' -f1 "$DIR/run/$1.pid"; }

alive() {
  local pid since
  read -r pid since 2>/dev/null <"$DIR/run/$1.pid" || return 1
  [ -n "$since" ] && [ "$(begun "$pid")" = "$since" ]
}

# start NAME COMMAND...: runs it in the background unless it runs already; its output goes to log/NAME.log
start() {
  local name=$1
  shift
  alive "$name" && return
  mkdir -p "$DIR/run" "$DIR/log"
  setsid "$@" >>"$DIR/log/$name.log" 2>&1 </dev/null &
  echo "$! $(begun $!)" >"$DIR/run/$name.pid"
}

# stop NAME [SIGNAL]: ends the process that `start` started, and no other; after three seconds by force
stop() {
  local tries
  if alive "$1"; then
    kill -s "${2:-TERM}" "$(pid_of "$1")"
    for tries in $(seq 30); do alive "$1" || break; sleep 0.1; done
    alive "$1" && kill -9 "$(pid_of "$1")"
  fi
  rm -f "$DIR/run/$1.pid"
}

# until_true SECONDS WHAT COMMAND...: waits for the command to succeed
until_true() {
  local seconds=$1 what=$2 tries
  shift 2
  for tries in $(seq $((seconds * 5))); do "$@" >/dev/null 2>&1 && return; sleep 0.2; done
  die "$what did not happen within $seconds s; see $DIR/log"
}

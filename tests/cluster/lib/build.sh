# Builds the components from the Go module proxy, once for each version. Sourced by up.

# go_is_new_enough: the modules want this Go or a newer one (older ones from 1.21 on fetch it themselves)
need_go() {
  has go || die "missing: go 1.26 or newer (https://go.dev/dl)"
}

# build FOLDER BINARY PACKAGE [FLAGS...]: builds one package of the prepared module into FOLDER unless it is there
build() {
  local module=$1 binary=$2 package=$3 began=$SECONDS
  shift 3
  [ -x "$binary" ] && return
  need_go
  say "building ${binary##*/} (once)"
  (cd "$module" && CGO_ENABLED=0 GOFLAGS=-mod=mod nice go build -p "${BUILD_JOBS:-$(nproc)}" -trimpath "$@" -o "$binary.part" "$package") ||
    die "${binary##*/} could not be built"
  mv "$binary.part" "$binary"
  say "built ${binary##*/} in $((SECONDS - began)) s"
}

# module NAME-VERSION TEMPLATE: a folder in the cache with a copy of the template's go.mod
module() {
  local folder=$CACHE/modules/$1
  [ -f "$folder/go.mod" ] || { mkdir -p "$folder" && cp "$HERE/modules/$2/go.mod" "$folder/go.mod"; }
  echo "$folder"
}

# kubernetes_module: the go.mod of the version asked for. Kubernetes requires its staging modules as v0.0.0 and
# publishes them as v0.MINOR.PATCH
kubernetes_module() {
  local folder staging name edits=()
  folder=$(module "kubernetes-$KUBERNETES" kubernetes)
  if ! grep -q "k8s.io/kubernetes v$KUBERNETES" "$folder/go.mod"; then
    need_go
    staging=$(cd "$folder" && go mod download -json "k8s.io/kubernetes@v$KUBERNETES" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
    [ -n "$staging" ] || die "k8s.io/kubernetes v$KUBERNETES is not on the module proxy"
    while read -r name; do
      edits+=("-replace=$name=$name@v0.${KUBERNETES#*.}")
    done < <(awk '$1 ~ /^k8s.io\// && $2 == "v0.0.0" { print $1 }' "$staging")
    (cd "$folder" && go mod edit "-require=k8s.io/kubernetes@v$KUBERNETES" "${edits[@]}")
  fi
  echo "$folder"
}

# build_kubernetes BINARY...: without the stamp the components call themselves v0.0.0-master
build_kubernetes() {
  local name folder stamp=k8s.io/component-base/version minor=${KUBERNETES#*.}
  mkdir -p "$BIN"
  for name in "$@"; do
    [ -x "$BIN/$name" ] && continue
    folder=${folder:-$(kubernetes_module)}
    build "$folder" "$BIN/$name" "k8s.io/kubernetes/cmd/$name" -ldflags \
      "-s -w -X $stamp.gitVersion=v$KUBERNETES -X $stamp.gitMajor=${KUBERNETES%%.*} -X $stamp.gitMinor=${minor%%.*} -X $stamp.gitTreeState=clean"
  done
}

# version_in MODULE: the version that a committed go.mod requires
version_in() { sed -n 's/^require .* v//p' "$HERE/modules/$1/go.mod"; }

build_etcd() {
  ETCD=$CACHE/etcd-$(version_in etcd)
  build "$(module "${ETCD##*/}" etcd)" "$ETCD" go.etcd.io/etcd/server/v3 -ldflags "-s -w"
}

build_kwok() {
  local folder
  KWOK=$CACHE/kwok-$(version_in kwok)
  folder=$(module "${KWOK##*/}" kwok)
  build "$folder" "$KWOK" sigs.k8s.io/kwok/cmd/kwok -ldflags "-s -w"
}

# KIND may name another kind: one that PATH happens to hold may be too old for the node images
build_kind() {
  [ -z "${KIND:-}" ] || return 0
  KIND=$CACHE/kind-$(version_in kind)
  build "$(module "${KIND##*/}" kind)" "$KIND" sigs.k8s.io/kind -ldflags "-s -w"
}

# what Prometheus makes of our metrics and alerts
build_metrics_check() {
  local folder
  METRICS_CHECK=$CACHE/metrics-check-$(digest "$HERE"/modules/prometheus/*)
  folder=$CACHE/modules/${METRICS_CHECK##*/}
  mkdir -p "$folder" && cp -u "$HERE"/modules/prometheus/* "$folder"
  build "$folder" "$METRICS_CHECK" .
}

build_coredns() {
  COREDNS=$CACHE/coredns-$(version_in coredns)
  build "$(module "${COREDNS##*/}" coredns)" "$COREDNS" github.com/coredns/coredns -ldflags "-s -w"
}

# digest FILE...: tells one set of sources from another
digest() { cat "$@" | sha256sum | cut -c 1-12; }

# what surrounds the nodes: images, registries, name server. Each state of its sources has a binary of its own
build_bed() {
  BED=$CACHE/bed-$(digest "$HERE"/bed/*.go)
  build "$HERE/bed" "$BED" .
}

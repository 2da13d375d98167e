# A kind cluster with three workers. Sourced by up and down.

KIND_CLUSTER=kubectl-diagnose

kind_up() {
  has docker && docker info >/dev/null 2>&1 || die "kind needs a Docker daemon that answers (or use: up local)"
  has kind || die "missing: kind (go install sigs.k8s.io/kind@latest)"
  KUBECONFIG=$DIR/kind.kubeconfig
  mkdir -p "$DIR"
  if ! kind get clusters 2>/dev/null | grep -qx $KIND_CLUSTER; then
    kind create cluster --name $KIND_CLUSTER --config "$HERE/kind.yaml" --kubeconfig "$KUBECONFIG" --wait 120s \
      --image "${KIND_IMAGE:-kindest/node:v$KUBERNETES}"
    touch "$DIR/kind.started"
  fi
  kind export kubeconfig --name $KIND_CLUSTER --kubeconfig "$KUBECONFIG" >/dev/null 2>&1
  kubectl wait --for=condition=Ready node --all --timeout=120s >/dev/null
}

kind_down() {
  [ -f "$DIR/kind.started" ] || return 0
  kind delete cluster --name $KIND_CLUSTER --kubeconfig "$DIR/kind.kubeconfig"
}

# Nodes without a kubelet, kept alive by kwok; pods bound to them are Running at once. Sourced by up and down.

# kwok knows nothing by itself: what becomes of its nodes and pods comes from the stages that its module brings
stages() {
  local stage source
  source=$(cd "$(module "${KWOK##*/}" kwok)" && GOFLAGS=-mod=mod go list -m -f '{{.Dir}}' sigs.k8s.io/kwok)/kustomize/stage
  for stage in node/fast/node-initialize pod/fast/pod-ready pod/fast/pod-complete pod/fast/pod-delete; do
    printf -- '---\n'
    cat "$source/$stage.yaml"
  done
}

fake_nodes_up() {
  POOL=${POOL:-$HERE/nodes/pool.yaml}
  build_kwok
  [ -s "$KWOK.stages.yaml" ] || { stages >"$DIR/stages.yaml" && cp "$DIR/stages.yaml" "$KWOK.stages.yaml"; }
  # one object after the other: the API server may still be warming up, and a node that is there keeps its taints
  [ -f "$DIR/pool.done" ] || sed "s/v1\.37\.2/v$KUBERNETES/" "$POOL" | kubectl create -f - >/dev/null
  touch "$DIR/pool.done"
  start kwok "$KWOK" --kubeconfig="$DIR/admin.kubeconfig" --config="$KWOK.stages.yaml" \
    --manage-all-nodes=false --manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake \
    --cidr=10.96.128.1/17 --node-ip=10.0.0.1 --node-lease-duration-seconds=40
  until_true 60 "Ready of the fake nodes" kubectl wait --for=condition=Ready node -l test.kubectl-diagnose/node=ready --timeout=1s
  # conditions that a kubelet would set by itself; the node controller makes the taints of them
  kubectl get node pressure-1 >/dev/null 2>&1 || return 0
  kubectl patch node pressure-1 --subresource=status --patch '{"status": {"conditions": [{"type": "DiskPressure",
    "status": "True", "reason": "KubeletHasDiskPressure", "message": "kubelet has disk pressure"}]}}' >/dev/null
}

fake_nodes_down() { stop kwok; }

# etcd, API server, scheduler and controller manager on loopback. Sourced by up and down.

# certificate NAME SUBJECT [ALTERNATIVE NAMES]
certificate() {
  openssl req -newkey rsa:2048 -nodes -subj "$2" -keyout "$1.key" -out "$1.csr" 2>/dev/null
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -out "$1.crt" 2>/dev/null \
    -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "${3:-DNS:localhost}")
  rm "$1.csr"
}

certificates() {
  [ -f "$DIR/pki/sa.key" ] && return
  mkdir -p "$DIR/pki"
  (
    cd "$DIR/pki"
    openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=kubectl-diagnose-test -keyout ca.key -out ca.crt 2>/dev/null
    certificate apiserver /CN=kube-apiserver DNS:localhost,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:10.96.0.1
    certificate admin /O=system:masters/CN=admin
    certificate scheduler /CN=system:kube-scheduler
    certificate controller-manager /CN=system:kube-controller-manager
    certificate kubelet "/O=system:nodes/CN=system:node:$NODE"
    openssl genrsa -out sa.key 2048 2>/dev/null
  )
}

# kubeconfig USER: certificates are inside, so that the file works wherever it is copied
kubeconfig() {
  local inline="base64 -w0"
  (
    cd "$DIR/pki"
    cat >"$DIR/$1.kubeconfig" <<YAML
apiVersion: v1
kind: Config
clusters:
  - name: kubectl-diagnose
    cluster: {server: "https://127.0.0.1:$API_PORT", certificate-authority-data: $($inline ca.crt)}
users:
  - name: $1
    user: {client-certificate-data: $($inline "$1.crt"), client-key-data: $($inline "$1.key")}
contexts:
  - name: kubectl-diagnose
    context: {cluster: kubectl-diagnose, user: $1}
current-context: kubectl-diagnose
YAML
  )
}

api_server() {
  cat >"$DIR/audit-policy.yaml" <<'YAML'
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  # what the components ask says nothing about the tool and would fill the log until it is rotated away
  - {level: None, users: ["system:kube-scheduler", "system:kube-controller-manager", "system:apiserver"]}
  - {level: None, userGroups: ["system:nodes", "system:serviceaccounts:kube-system"]}
  # what is answered to a reader of Secrets, so that a test can tell that it holds no values
  - {level: RequestResponse, verbs: [get, list], resources: [{group: "", resources: [secrets]}]}
  - {level: Metadata}
YAML
  # PodNodeSelector lets a namespace steer its pods to the real node: annotation scheduler.alpha.kubernetes.io/node-selector
  # enable-aggregator-routing: a webhook's Service is followed to its pods, since nothing here routes cluster addresses
  start kube-apiserver "$BIN/kube-apiserver" \
    --etcd-servers="http://127.0.0.1:$ETCD_PORT" --bind-address=127.0.0.1 --secure-port=$API_PORT --endpoint-reconciler-type=none \
    --tls-cert-file="$DIR/pki/apiserver.crt" --tls-private-key-file="$DIR/pki/apiserver.key" --client-ca-file="$DIR/pki/ca.crt" \
    --service-account-key-file="$DIR/pki/sa.key" --service-account-signing-key-file="$DIR/pki/sa.key" \
    --service-account-issuer=https://kubernetes.default.svc --service-cluster-ip-range=10.96.0.0/16 \
    --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction,PodNodeSelector --allow-privileged=true \
    --kubelet-preferred-address-types=InternalIP --enable-aggregator-routing=true \
    --audit-policy-file="$DIR/audit-policy.yaml" --audit-log-path="$DIR/audit.log" --audit-log-maxsize=1000
}

# An admission webhook that refuses whatever it is asked about, with the API server's certificate
webhook_up() {
  build_bed
  start webhook "$BED" webhook 127.0.0.1:$WEBHOOK_PORT "$DIR/pki/apiserver.crt" "$DIR/pki/apiserver.key"
}

control_plane_up() {
  need openssl=openssl
  build_etcd
  build_kubernetes kube-apiserver kube-controller-manager kube-scheduler
  has kubectl || { build_kubernetes kubectl; PATH=$PATH:$BIN; say "kubectl is $BIN/kubectl"; }
  certificates
  local user
  for user in admin scheduler controller-manager kubelet; do kubeconfig $user; done
  start etcd "$ETCD" --data-dir "$DIR/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls "http://127.0.0.1:$ETCD_PORT" --advertise-client-urls "http://127.0.0.1:$ETCD_PORT" \
    --listen-peer-urls "http://127.0.0.1:$ETCD_PEER_PORT"
  api_server
  webhook_up
  until_true 60 "an answer of the API server" kubectl get --raw /readyz
  start kube-scheduler "$BIN/kube-scheduler" --kubeconfig="$DIR/scheduler.kubeconfig" \
    --authentication-kubeconfig="$DIR/scheduler.kubeconfig" --authorization-kubeconfig="$DIR/scheduler.kubeconfig" \
    --leader-elect=false --bind-address=127.0.0.1 --secure-port=$SCHEDULER_PORT
  start kube-controller-manager "$BIN/kube-controller-manager" --kubeconfig="$DIR/controller-manager.kubeconfig" \
    --authentication-kubeconfig="$DIR/controller-manager.kubeconfig" --authorization-kubeconfig="$DIR/controller-manager.kubeconfig" \
    --leader-elect=false --bind-address=127.0.0.1 --secure-port=$CONTROLLER_PORT \
    --service-account-private-key-file="$DIR/pki/sa.key" --root-ca-file="$DIR/pki/ca.crt" --use-service-account-credentials=true
  until_true 60 "a default ServiceAccount" kubectl get serviceaccount default
}

control_plane_down() {
  local name
  for name in kube-scheduler kube-controller-manager kube-apiserver etcd webhook; do stop $name; done
}

// The components of Kubernetes, built from the module proxy. lib/build.sh adds the requirement of the
// version asked for and a replacement for each of its staging modules, which it requires as v0.0.0.
module kubectl-diagnose.test/kubernetes

go 1.26.0

godebug default=go1.26

tool (
	k8s.io/kubernetes/cmd/kube-apiserver
	k8s.io/kubernetes/cmd/kube-controller-manager
	k8s.io/kubernetes/cmd/kube-proxy
	k8s.io/kubernetes/cmd/kube-scheduler
	k8s.io/kubernetes/cmd/kubeadm
	k8s.io/kubernetes/cmd/kubectl
	k8s.io/kubernetes/cmd/kubelet
)

// kwok answers for nodes that have no kubelet.
module kubectl-diagnose.test/kwok

go 1.26.0

tool sigs.k8s.io/kwok/cmd/kwok

require sigs.k8s.io/kwok v0.8.0

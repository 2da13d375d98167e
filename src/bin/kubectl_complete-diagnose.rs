//! `kubectl_complete-diagnose`: kubectl runs it to complete the arguments of `kubectl diagnose`
//! (k8s.io/kubectl/pkg/cmd/plugin_completion.go).

fn main() {
    kubectl_diagnose::complete();
}

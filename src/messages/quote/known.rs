//! Pieces of messages that their components always write, with what they are worth.
//!
//! A new component is some lines here, each with the words as they are printed and `{}` for a name.

use super::{Piece, Worth};
use crate::messages::form::{every, find};

/// gRPC's frame around an error. Most codes tell something; these only say that it is one.
const STATUS: &str = "rpc error: code = {} desc = ";
pub(super) const MUTE_CODES: &[&str] = &["Unknown", "Internal", "2", "13"];

const WRAPPERS: &[&str] = &[
    // client-go, kubelet
    "(combined from similar events): ",
    "Pod was rejected: ",
    "Failed to create pod sandbox: ",
    "Failed create pod sandbox: ",
    "Unable to attach or mount volumes: ",
    "ErrImagePull: ",
    "ImagePullBackOff: ",
    // controllers and the API server
    "Error creating: ",
    "Error creating job: ",
    "create Pod {} in StatefulSet {} failed error: ",
    "Internal error occurred: ",
    "failed to call webhook: ",
    // containerd; cri-dockerd; CRI-O
    "failed to create containerd task: ",
    "failed to create task for container: ",
    "failed to create containerd container: ",
    "failed to create shim task: ",
    "failed to start shim: ",
    "failed to start container \"{}\": ",
    "failed to generate container \"{}\" spec: ",
    "failed to generate spec: ",
    "failed to setup network for sandbox \"{}\": ",
    "failed to set up sandbox container \"{}\" network for pod \"{}\": ",
    "networkPlugin cni failed to set up pod \"{}\" network: ",
    "failed to create pod network sandbox {}: ",
    "container create failed: ",
    "Error response from daemon: ",
    // runc
    "OCI runtime create failed: ",
    "OCI runtime exec failed: ",
    "runc create failed: ",
    "unable to start container process: ",
    "error during container init: ",
    "could not apply required modification to OCI specification: ",
    "error modifying OCI spec: ",
    "starting container process caused: ",
    "container init caused: ",
    "container_linux.go:{}: ",
    "process_linux.go:{}: ",
    "rootfs_linux.go:{}: ",
    "standard_init_linux.go:{}: ",
    // multus
    "CmdAdd (shim): ",
    "CNI request failed with status 400: ",
    "TryLoadPodDelegates: ",
    "error in getting k8s network for pod: ",
    "GetNetworkDelegates: ",
    // containerd and containers/image: steps of a pull
    "failed to resolve image: ",
    "failed to do request: ",
    "failed to copy: ",
    "httpReadSeeker: failed open: ",
    "unable to pull image or OCI artifact: pull image err: ",
    // drivers of clouds
    "Could not create volume \"{}\": ",
    "CreateVolume failed to create single zonal disk {}: ",
    "CreateVolume failed: ",
    "failed to insert zonal disk: ",
    "failed to insert regional disk: ",
    "unknown Insert disk operation error: ",
    "unknown Insert disk error: ",
    "Retriable: false, RetryAfter: 0s, ",
    "Retriable: true, RetryAfter: 0s, ",
    // Karpenter
    "Failed to schedule pod, ",
    "Could not schedule pod, ",
];

/// Links of a chain that name the image: one of them is enough.
const REPEATS: &[&str] = &[
    "Failed to pull image \"{}\": ",
    "Back-off pulling image \"{}\": ",
    "failed to pull and unpack image \"{}\": ",
    "failed to resolve reference \"{}\": ",
    "failed to get sandbox image \"{}\": ",
    "failed pulling image \"{}\": ",
    "unable to pull sandbox image \"{}\": ",
    "initializing source {}: ",
];

/// Karpenter's requirements of a NodePool, of which one decides at most.
const ENTRIES: &[&str] = &[
    ", {} In [{*}]",
    ", {} NotIn [{*}]",
    ", {} Exists >{}",
    ", {} Exists",
    ", {} DoesNotExist",
];

/// external-provisioner; the report names the claim.
const PROVISIONING: &str = "failed to provision volume with StorageClass \"{}\": ";

const CONTEXT: &[&str] = &[
    PROVISIONING,
    // the API server; the report names the workload
    "pods \"{}\" is forbidden: ",
    // kubelet: all volumes of the pod, and none
    ", unattached volumes=[{*}]",
    ", failed to process volumes=[]",
    // CRI-O: the second try, as an artifact, fails for every image that is none
    "; artifact err: {*}",
    // CSI: the handle of a volume that is named before
    " to attach volume {}",
    // mount-utils
    "Mounting command: {}",
    "Mounting arguments: ",
    // Karpenter: counted in the resources that follow
    ", daemonset overhead={{*}}",
    // Compute Engine: the quota once more, in the words of its metrics
    "metric name = {}",
    "limit name = {}",
    "dimensions = map[{*}]",
];

/// The pieces of a message that are known.
pub(super) fn pieces(message: &str) -> impl Iterator<Item = Piece<'_>> {
    let table = |worth, forms: &'static [&'static str]| {
        forms
            .iter()
            .flat_map(move |form| every(form, message))
            .map(move |(place, captures)| Piece {
                worth,
                place,
                repeats: (worth == Worth::Repeat).then(|| captures.get(0)),
            })
    };
    statuses(message)
        .chain(table(Worth::Wrapper, WRAPPERS))
        .chain(table(Worth::Repeat, REPEATS))
        .chain(table(Worth::Entry, ENTRIES))
        .chain(table(Worth::Context, CONTEXT))
}

/// gRPC's frames; a code that tells something stays.
fn statuses(message: &str) -> impl Iterator<Item = Piece<'_>> {
    let places = every(STATUS, message).flat_map(|(place, captures)| {
        let [head, tail] = ["rpc error: code = ", " desc = "].map(str::len);
        if MUTE_CODES.contains(&captures.get(0)) {
            vec![place]
        } else {
            vec![place.start..place.start + head, place.end - tail..place.end]
        }
    });
    places.map(|place| Piece {
        worth: Worth::Wrapper,
        place,
        repeats: None,
    })
}

/// Where the wrapper ends that a message begins with, whatever it names.
pub(super) fn wrapper(message: &str) -> Option<usize> {
    let forms = [STATUS, PROVISIONING];
    let forms = forms.iter().chain(WRAPPERS).chain(REPEATS);
    forms
        .filter_map(|form| find(form, message, 0))
        .find(|(place, _)| place.start == 0)
        .map(|(place, _)| place.end)
}

use super::*;
use proptest::prelude::*;

const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const UUID: &str = "1b4e28ba-2fa1-11d2-883f-0016d3cca427";

/// Shortened until nothing more may go.
fn least(message: &str) -> String {
    shorten(message, |_| false).text.into_owned()
}

/// Shortened until it takes so many letters at most.
fn within(message: &str, most: usize) -> String {
    shorten(message, |text| text.chars().count() <= most)
        .text
        .into_owned()
}

/// Whether what is left is the message's own, piece by piece and in its order.
fn is_left_of(short: &str, message: &str) -> bool {
    let mut rest = message;
    short.split(GAP).map(str::trim).all(|piece| {
        let found = rest.find(piece).and_then(|at| rest.get(at + piece.len()..));
        rest = found.unwrap_or(rest);
        found.is_some()
    })
}

#[test]
fn nothing_goes_where_there_is_room() {
    let text = "Failed to create pod sandbox: rpc error: code = Unknown desc = no";
    let short = shorten(text, |_| true);
    assert!(matches!(short.text, Cow::Borrowed(_)));
}

#[test]
fn what_says_least_goes_first() {
    let text = format!(
        "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to start sandbox container task \"{ID}\": no such device"
    );
    assert_eq!(
        within(&text, 125),
        "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to start sandbox container task \"…\": no such device"
    );
    assert_eq!(
        within(&text, 100),
        "… failed to start sandbox container task \"…\": no such device"
    );
    let list = "incompatible with nodepool \"a\", no type for role In [a], zone In [b], arch In [c] (too small)";
    assert_eq!(
        within(list, 84),
        "incompatible with nodepool \"a\", no type for role In [a] …, arch In [c] (too small)"
    );
}

#[test]
fn what_is_left_of_known_messages() {
    for (message, left) in [
        // a status says something by its code, unless it is one of those that mean "an error"
        (
            "failed to provision volume with StorageClass \"fast\": rpc error: code = ResourceExhausted desc = pool full".to_owned(),
            "… ResourceExhausted … pool full",
        ),
        (
            format!("failed to provision volume with StorageClass \"fast\": rpc error: code = Internal desc = Could not create volume \"pvc-{UUID}\": could not create volume in EC2: operation error EC2: CreateVolume, https response error StatusCode: 403, RequestID: {UUID}, api error UnauthorizedOperation: no right. Encoded authorization failure message: abc"),
            "… could not create volume in EC2: operation error EC2: CreateVolume, https response error StatusCode: 403, … api error UnauthorizedOperation: no right. …",
        ),
        (
            format!("failed to provision volume with StorageClass \"standard\": rpc error: code = Internal desc = CreateVolume failed to create single zonal disk pvc-{UUID}: failed to insert zonal disk: unknown Insert disk operation error: rpc error: code = ResourceExhausted desc = operation operation-17-5f-1 failed (QUOTA_EXCEEDED): Quota 'DISKS' exceeded.  Limit: 500.0 in region north.\nmetric name = compute.example/disks\nlimit name = DISKS-per-project\ndimensions = map[region:north]"),
            "… ResourceExhausted … failed (QUOTA_EXCEEDED): Quota 'DISKS' exceeded.  Limit: 500.0 in region north. …",
        ),
        (
            format!("Retriable: false, RetryAfter: 0s, HTTPStatusCode: 403, RawError: {{\"error\":{{\"code\":\"AuthorizationFailed\",\"message\":\"The client '{UUID}' may not do disks/write over '/subscriptions/{UUID}/disks/a'. If access was recently granted, please refresh your credentials.\"}}}}"),
            "… HTTPStatusCode: 403, RawError: {\"error\":{\"code\":\"AuthorizationFailed\",\"message\":\"The client '…' may not do disks/write over '/subscriptions/…/disks/a'. …\"}}",
        ),
        // the volume that waits stays
        (
            "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[data kube-api-access-x], failed to process volumes=[]: timed out waiting for the condition".to_owned(),
            "… unmounted volumes=[data] …: timed out waiting for the condition",
        ),
        // the network plugin and its error
        (
            format!("Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox \"{ID}\": plugin type=\"cilium-cni\" failed (add): unable to connect to Cilium agent: dial unix /var/run/cilium.sock: connect: no such file or directory\n\nIs the agent running?"),
            "… plugin type=\"cilium-cni\" failed (add): unable to connect to Cilium agent: dial unix /var/run/cilium.sock: connect: no such file or directory …",
        ),
        (
            format!("plugin type=\"multus-shim\" failed (add): CmdAdd (shim): CNI request failed with status 400: '&{{ContainerID:{ID} Netns:/var/run/netns/x Path: StdinData:[123 34]}} ERRORED: error configuring pod [shop/web] networking: Multus: [shop/web/{UUID}]: no networks found"),
            "plugin type=\"multus-shim\" failed (add): … error configuring pod [shop/web] networking: Multus: [shop/web/…]: no networks found",
        ),
        // the runtime's error
        (
            "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: \"/app\": permission denied: unknown".to_owned(),
            "… exec: \"/app\": permission denied: unknown",
        ),
        // an image is named once
        (
            "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox image \"r.example/pause:3\": failed to pull image \"r.example/pause:3\": failed to pull and unpack image \"r.example/pause:3\": failed to resolve reference \"r.example/pause:3\": unexpected status from HEAD request to https://r.example/v2/pause/manifests/3: 401 Unauthorized".to_owned(),
            "… failed to resolve reference \"r.example/pause:3\": unexpected status from HEAD request to https://r.example/v2/pause/manifests/3: 401 Unauthorized",
        ),
        (
            "Failed to pull image \"r.example/web:1\": failed to do request: Head \"https://r.example:5000/v2/\": tls: failed to verify certificate: x509: certificate is valid for a.example, not r.example".to_owned(),
            "Failed to pull image \"r.example/web:1\": … Head \"https://r.example:5000/v2/\": tls: failed to verify certificate: x509: certificate is valid for a.example, not r.example",
        ),
        // amounts and names of quotas; each field of PodSecurity; the webhook, its address, its answer
        (
            "Error creating: pods \"web-5f6b7-abcde\" is forbidden: exceeded quota: team, requested: limits.cpu=2, used: limits.cpu=3, limited: limits.cpu=4".to_owned(),
            "… exceeded quota: team, requested: limits.cpu=2, used: limits.cpu=3, limited: limits.cpu=4",
        ),
        (
            "Error creating: pods \"web-1\" is forbidden: violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false (container \"a\" must set securityContext.allowPrivilegeEscalation=false), runAsNonRoot != true (pod or container \"a\" must set securityContext.runAsNonRoot=true)".to_owned(),
            "… violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false (container \"a\" must set securityContext.allowPrivilegeEscalation=false), runAsNonRoot != true (pod or container \"a\" must set securityContext.runAsNonRoot=true)",
        ),
        (
            "Error creating: Internal error occurred: failed calling webhook \"w.example\": failed to call webhook: Post \"https://w.mesh.svc:443/inject?timeout=10s\": dial tcp 10.0.0.1:443: connect: connection refused".to_owned(),
            "… failed calling webhook \"w.example\": … Post \"https://w.mesh.svc:443/inject?timeout=10s\": dial tcp 10.0.0.1:443: connect: connection refused",
        ),
        // Karpenter's amounts and reasons, not its lists
        (
            "Failed to schedule pod, incompatible with nodepool \"a\", daemonset overhead={\"cpu\":\"1\",\"pods\":\"5\"}, no instance type satisfied resources {\"cpu\":\"7\"} and requirements role In [a], kubernetes.io/arch In [amd64 arm64], karpenter.sh/generation Exists >2 (no instance type has enough resources); incompatible with nodepool \"b\", did not tolerate x=y:NoSchedule".to_owned(),
            "… incompatible with nodepool \"a\" …, no instance type satisfied resources {\"cpu\":\"7\"} and requirements role In [a] … (no instance type has enough resources); incompatible with nodepool \"b\", did not tolerate x=y:NoSchedule",
        ),
        // autoscaler and kubelet say nothing but what counts
        (
            "pod didn't trigger scale-up: 2 max node group size reached, 1 in backoff after failed scale-up".to_owned(),
            "pod didn't trigger scale-up: 2 max node group size reached, 1 in backoff after failed scale-up",
        ),
        (
            "The node was low on resource: memory. Threshold quantity: 200Mi, available: 118Mi. Container app was using 812Mi, request is 0, has larger consumption of memory. ".to_owned(),
            "The node was low on resource: memory. Threshold quantity: 200Mi, available: 118Mi. Container app was using 812Mi, request is 0, has larger consumption of memory. ",
        ),
        (
            format!("error mounting \"/var/lib/kubelet/pods/{UUID}/volume-subpaths/conf/app/0\" to rootfs at \"/etc/web\": not a directory: Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type: unknown"),
            "error mounting \"…volume-subpaths/conf/app/0\" to rootfs at \"/etc/web\": not a directory: …",
        ),
        (
            "unable to pull image or OCI artifact: pull image err: reading manifest 1 in r/a: manifest unknown; artifact err: get manifest: reading manifest 1 in r/a: manifest unknown".to_owned(),
            "… reading manifest 1 in r/a: manifest unknown…",
        ),
        // a web page in place of an answer, a registry's advice
        ("unexpected status: 502: <html>\n<body>x</body>".to_owned(), "unexpected status: 502: …"),
        (
            "toomanyrequests: too many pulls. You may increase the limit by upgrading: https://docker.example/x".to_owned(),
            "toomanyrequests: too many pulls. …",
        ),
    ] {
        assert_eq!(least(&message), left);
        assert!(is_left_of(left, &message), "{left}");
    }
}

#[test]
fn the_error_itself_always_stays() {
    for text in [
        "Failed to create pod sandbox: ",
        "rpc error: code = Unknown desc = ",
        ID,
        "sha256:",
        "Is the agent running?",
    ] {
        assert_eq!(least(text), text);
    }
}

#[test]
fn ids_are_known_by_their_shape() {
    for (text, left) in [
        (format!("image sha256:{ID} is gone"), "image … is gone"),
        (
            format!("k8s_POD_web_{UUID}_0 is there"),
            "k8s_POD_web_…_0 is there",
        ),
        (format!("device GPU-{UUID} is lost"), "device GPU-… is lost"),
        // a volume's name
        (format!("volume pvc-{UUID} is lost"), ""),
        ("0123456789abcdef is too short".to_owned(), ""),
        (format!("{UUID}-x is none"), ""),
    ] {
        let expected = if left.is_empty() { text.as_str() } else { left };
        assert_eq!(least(&text), expected);
    }
}

#[test]
fn the_end_of_a_chain() {
    for (text, end) in [
        (
            "OCI runtime create failed: runc create failed: x: y",
            "x: y",
        ),
        (
            "(combined from similar events): rpc error: code = NotFound desc = gone",
            "gone",
        ),
        (
            "failed to pull image \"a\": failed to copy: <html>no",
            "<html>no",
        ),
        ("failed to copy: status 502: <html>no", "status 502"),
        ("failed to copy: ", "failed to copy:"),
        (
            "words of tomorrow: failed to copy: x",
            "words of tomorrow: failed to copy: x",
        ),
    ] {
        assert_eq!(innermost(text), end, "{text}");
    }
}

#[test]
fn messages_are_alike_but_for_ids_and_numbers() {
    let of = |pod: &str, id: &str, seconds: u8| {
        normalized(&format!("back-off {seconds}s for {pod} in {id}: x"), pod)
    };
    assert_eq!(of("web-1", ID, 10), of("web-2", UUID, 40));
    assert_ne!(
        normalized("no such host", "a"),
        normalized("no such file", "a")
    );
}

/// What messages are made of.
fn pieces_of_messages() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "Failed to create pod sandbox: ",
        "rpc error: code = Unknown desc = ",
        "rpc error: code = NotFound desc = ",
        "failed to resolve reference \"r/a:1\": ",
        "r/a:1: not found",
        ", key In [a b]",
        ", daemonset overhead={\"cpu\":\"1\"}",
        "unmounted volumes=[data], unattached volumes=[data x]: ",
        "Is the agent running?",
        " (https://x.example/y) ",
        "<html>",
        "\n",
        " ",
        "…",
        "sha256:",
        ID,
        UUID,
    ]);
    let piece = prop_oneof![3 => known.prop_map(str::to_owned), 1 => "\\PC{0,12}"];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_shortened_message_is_part_of_it(message in pieces_of_messages(), most in 0_usize..200) {
        let short = shorten(&message, |text| text.chars().count() <= most);
        let is_whole = short.text == message;
        prop_assert!(is_whole || is_left_of(&short.text, &message), "{:?}", short.text);
        prop_assert!(is_whole || short.text.contains(GAP));
        let says = |text: &str| text.contains(|c: char| c.is_alphanumeric());
        prop_assert_eq!(says(&short.text), says(&message));
        prop_assert!(message.contains(innermost(&message)));
        let _ = normalized(&message, "a");
    }
}

#[test]
fn a_code_decides() {
    let wrap = |text: &str| {
        format!(
            "failed to provision volume with StorageClass \"a\": rpc error: code = Internal desc = {text}"
        )
    };
    for (message, code_, gist_) in [
        (
            wrap("Could not create volume \"x\": could not create volume in EC2: UnauthorizedOperation: You may not.\n\tstatus code: 403, request id: 1"),
            Some("UnauthorizedOperation"),
            "UnauthorizedOperation",
        ),
        (
            wrap("could not create volume in EC2: operation error EC2: CreateVolume, https response error StatusCode: 400, api error VolumeLimitExceeded: no more"),
            Some("VolumeLimitExceeded"),
            "VolumeLimitExceeded",
        ),
        (
            wrap("rpc error: code = ResourceExhausted desc = operation operation-1 failed (QUOTA_EXCEEDED): Quota 'SSD' exceeded."),
            Some("QUOTA_EXCEEDED"),
            "QUOTA_EXCEEDED",
        ),
        (
            wrap("Retriable: false, RetryAfter: 0s, HTTPStatusCode: 403, RawError: {\"error\":{\"code\":\"AuthorizationFailed\",\"message\":\"no\"}}"),
            Some("AuthorizationFailed"),
            "AuthorizationFailed",
        ),
        // a cloud's code says more than gRPC's, which says more than nothing
        (
            "failed to provision volume with StorageClass \"a\": rpc error: code = ResourceExhausted desc = pool full".to_owned(),
            Some("ResourceExhausted"),
            "pool full",
        ),
        (wrap("pool full"), None, "pool full"),
        ("operation x failed (see the log): no".to_owned(), None, "operation x failed (see the log): no"),
    ] {
        assert_eq!((code(&message), gist(&message)), (code_, gist_), "{message}");
    }
}

#[test]
fn a_refusal_is_the_same_whoever_hands_it_on() {
    let refusal = "pods \"web-1\" is forbidden: failed quota: q: must specify requests.cpu";
    for handed_on in [
        format!("Error creating: {refusal}"),
        format!("create Pod web-1 in StatefulSet web failed error: {refusal}"),
    ] {
        assert_eq!(without_ids(&handed_on), without_ids(refusal));
    }
}

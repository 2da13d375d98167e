//! What a program said before it ended, and what that asks for: a Service that answers, a file, room, a module.

use super::command_not_executable::mount_over;
use super::refused;
use crate::messages::ending::{self, Ending, Runtime};
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::crash::Crash;
use crate::rules::shared::last_words;
use crate::rules::shared::template::{Template, field_path, place};
use crate::snapshot::{ContainerView, Evidence};
use crate::text::{Sentence, say};

/// The finding with these words, and what they ask for where that can be told.
pub(super) fn told(
    case: &Case<'_>,
    crash: &Crash<'_>,
    finding: Finding,
    last_words: Option<String>,
) -> Finding {
    let finding = last_words::told(case, crash, finding, last_words);
    match ending::read(&crash.words()) {
        Some(Ending::Refused { host, port }) => refused::told(case, finding, host.as_deref(), port),
        Some(ending) => asked(case, crash, finding, &ending),
        None => finding,
    }
}

fn asked(case: &Case<'_>, crash: &Crash<'_>, finding: Finding, ending: &Ending) -> Finding {
    let container = &crash.container;
    let path = path(ending);
    let mount = path.and_then(|path| mount_over(case, container, path));
    let advice = |change| Fix::advice(change, Who::Owner);
    let fix = match ending {
        Ending::AddressInUse { port } => return port_taken(case, container, finding, *port),
        Ending::HeapFull { runtime } => raise_heap(case, crash, *runtime),
        Ending::LoginRefused { user } => advice(say!(
            "program-words.correct-login",
            "correct user[ {user}] and password where {role} {container} gets them, and restart it: a changed Secret does not reach a variable by itself"
        ))
        .when(user.is_some(), |fix| {
            fix.fact("user", user.clone().unwrap_or_default())
        }),
        ending => advice(wanted(ending, mount.is_some())),
    };
    let name = match ending {
        Ending::ModuleMissing { name } | Ending::ModuleForeign { name } => Some(name.as_str()),
        _ => None,
    };
    finding
        .fact_if("path", path)
        .fact_if("module", name)
        .fact("image", container.image())
        .fact_if("mount", mount.as_ref().map(|mount| mount.quote.clone()))
        .evidence(read_only_root(case, container).filter(|_| is_read_only(ending)))
        .evidence(mount)
        .fix([fix])
}

/// What is to be there, or allowed.
fn wanted(ending: &Ending, mounted: bool) -> Sentence {
    match ending {
        // a port below 1024
        Ending::Denied { path } if !path.starts_with('/') => say!(
            "program-words.high-port",
            "let {role} {container} listen on a port from 1024 on, or give it the capability NET_BIND_SERVICE"
        ),
        Ending::Denied { .. } if mounted => say!(
            "program-words.fs-group",
            "let the user of {role} {container} write to the volume at {mount}: fsGroup in the pod's securityContext gives it to a group"
        ),
        Ending::Denied { .. } => say!(
            "program-words.chown",
            "give {path} in image {image} to the user that {role} {container} runs as, or mount an emptyDir there"
        ),
        Ending::ReadOnly { .. } if mounted => say!(
            "program-words.mount-writable",
            "let the mount at {mount} be writable, or write elsewhere: ConfigMaps and Secrets cannot be written to"
        ),
        Ending::ReadOnly { .. } => say!(
            "program-words.empty-dir",
            "mount an emptyDir where {role} {container} writes[: {path}]"
        ),
        Ending::NoSpace { .. } if mounted => say!(
            "program-words.make-room",
            "make room in the volume at {mount}, or enlarge its claim where the class allows it"
        ),
        Ending::NoSpace { .. } => say!(
            "program-words.room-on-node",
            "write to a volume with room: the container's own files are on the disk of its node"
        ),
        Ending::ModuleMissing { .. } if mounted => say!(
            "program-words.hidden-module",
            "see whether the volume at {mount} hides {module}: what the image has there is not seen any more"
        ),
        Ending::ModuleMissing { name } if name.contains('/') => say!(
            "program-words.copy-file",
            "put {module} into image {image}, or correct command, args and workingDir of {role} {container}"
        ),
        Ending::ModuleForeign { .. } => say!(
            "program-words.foreign-module",
            "build {module} within the image, for its system and the node's CPU: it was copied from another machine"
        ),
        Ending::ModuleMissing { .. } => say!(
            "program-words.install-module",
            "install {module} into image {image}"
        ),
        Ending::FileMissing { .. } if mounted => say!(
            "program-words.put-into-volume",
            "put the file into the volume at {mount}, or correct the path: a ConfigMap gives a file for each of its keys"
        ),
        _ => say!(
            "program-words.mount-file",
            "put {path} into image {image}, mount it, or correct the path"
        ),
    }
}

fn path(ending: &Ending) -> Option<&str> {
    match ending {
        Ending::Denied { path } | Ending::FileMissing { path } => Some(path),
        Ending::ReadOnly { path } | Ending::NoSpace { path } => path.as_deref(),
        Ending::ModuleMissing { name } => Some(name.as_str()).filter(|name| name.starts_with('/')),
        _ => None,
    }
}

fn is_read_only(ending: &Ending) -> bool {
    matches!(ending, Ending::ReadOnly { .. })
}

fn read_only_root(case: &Case<'_>, container: &ContainerView<'_>) -> Option<Evidence> {
    let context = container.spec?.security_context.as_ref()?;
    let is_set = context.read_only_root_filesystem == Some(true);
    let pointer = format!("{}/securityContext", place(case, container)?);
    let path = format!("{}.readOnlyRootFilesystem", field_path(&pointer));
    is_set.then(|| case.field(path, "true"))
}

/// All containers of a pod share its ports.
fn port_taken(
    case: &Case<'_>,
    container: &ContainerView<'_>,
    finding: Finding,
    port: Option<u16>,
) -> Finding {
    let declares = |other: &ContainerView<'_>| {
        let mut ports = other
            .spec
            .iter()
            .flat_map(|spec| spec.ports.iter().flatten());
        port.is_some_and(|port| ports.any(|it| it.container_port == i32::from(port)))
    };
    let mut others = case.pod().containers();
    let other = others.find(|other| other.name() != container.name() && declares(other));
    let change = match (&other, case.pod().spec().host_network) {
        (Some(_), _) => say!(
            "program-words.other-container",
            "give {role} {container} or container {other} another port than {port}: the containers of a pod share its ports"
        ),
        (None, Some(true)) => say!(
            "program-words.host-network",
            "find who listens[ on {port}] on node {node}: with hostNetwork the pod shares the node's ports"
        ),
        (None, _) => say!(
            "program-words.one-listener",
            "let one process of the pod alone listen[ on {port}]: its containers share their ports"
        ),
    };
    let evidence = other.as_ref().and_then(|other| {
        let path = field_path(&format!("{}/ports", place(case, other)?));
        Some(case.field(path, format!("containerPort {}", port?)))
    });
    finding
        .fact_if("port", port.map(|port| port.to_string()))
        .fact_if("other", other.as_ref().map(ContainerView::name))
        .fact_if("node", case.pod().node())
        .evidence(evidence)
        .fix([Fix::advice(change, Who::Owner)])
}

fn raise_heap(case: &Case<'_>, crash: &Crash<'_>, runtime: Runtime) -> Fix {
    let value = match runtime {
        Runtime::Java => "JAVA_TOOL_OPTIONS=-XX:MaxRAMPercentage=PERCENT",
        Runtime::Node => "NODE_OPTIONS=--max-old-space-size=MEBIBYTES",
    };
    let change = say!(
        "program-words.raise-heap",
        "raise the runtime's own limit below the memory limit of {role} {container}, or let the program use less memory"
    );
    let owner = case.subject().argument();
    let words = ["set", "env", &owner, "-c", crash.container.name(), value];
    let fix = Fix::advice(change, Who::Owner);
    match Template::of(case) {
        Some(_) => fix.template(case.kubectl(words)),
        None => fix,
    }
}

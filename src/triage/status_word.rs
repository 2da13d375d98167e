//! The word that `kubectl get pods` shows under STATUS.
//!
//! People know their pod by that word, so it is shown beside ours. The order of tests follows
//! `printPod` of the API server (pkg/printers/internalversion/printers.go).

use crate::kubernetes::pod::{ContainerState, ContainerStatus, Pod};

/// What `kubectl get pods` shows under STATUS.
pub fn status_word(pod: &Pod) -> String {
    let Some(status) = pod.status.as_ref() else {
        return "Unknown".to_owned();
    };
    let phase = status.phase.as_deref().unwrap_or_default();
    let reason = status.reason.as_deref();
    let reason = reason.filter(|reason| !reason.is_empty());
    let mut word = reason.unwrap_or(phase).to_owned();
    let gated = status
        .conditions
        .iter()
        .flatten()
        .any(|c| c.type_ == "PodScheduled" && c.reason.as_deref() == Some("SchedulingGated"));
    if gated {
        word = "SchedulingGated".to_owned();
    }
    match init_word(pod) {
        Some(init) => word = init,
        None => {
            if let Some(main) = main_word(status.container_statuses.as_deref().unwrap_or_default())
            {
                word = main;
            }
            if word == "Completed"
                && any_running(status.container_statuses.as_deref().unwrap_or_default())
            {
                let ready = status
                    .conditions
                    .iter()
                    .flatten()
                    .any(|c| c.type_ == "Ready" && c.status == "True");
                word = if ready { "Running" } else { "NotReady" }.to_owned();
            }
        }
    }
    if pod.metadata.deletion_timestamp.is_some() {
        if status.reason.as_deref() == Some("NodeLost") {
            return "Unknown".to_owned();
        }
        if !matches!(phase, "Failed" | "Succeeded") {
            return "Terminating".to_owned();
        }
    }
    word
}

fn any_running(statuses: &[ContainerStatus]) -> bool {
    statuses.iter().any(|status| {
        status.ready
            && status
                .state
                .as_ref()
                .is_some_and(|state| state.running.is_some())
    })
}

fn ended_word(state: &ContainerState) -> Option<String> {
    let end = state.terminated.as_ref()?;
    Some(match end.reason.as_deref() {
        Some(reason) if !reason.is_empty() => reason.to_owned(),
        _ => match end.signal {
            Some(signal) if signal != 0 => format!("Signal:{signal}"),
            _ => format!("ExitCode:{}", end.exit_code),
        },
    })
}

fn init_word(pod: &Pod) -> Option<String> {
    let spec = pod.spec.as_ref()?;
    let listed = spec.init_containers.as_deref().unwrap_or_default();
    let statuses = pod
        .status
        .as_ref()?
        .init_container_statuses
        .as_deref()
        .unwrap_or_default();
    for (index, status) in statuses.iter().enumerate() {
        let state = status.state.clone().unwrap_or_default();
        let sidecar = listed
            .iter()
            .any(|c| status.name == c.name && c.restart_policy.as_deref() == Some("Always"));
        if state
            .terminated
            .as_ref()
            .is_some_and(|end| end.exit_code == 0)
            || (sidecar && status.started == Some(true))
        {
            continue;
        }
        if let Some(word) = ended_word(&state) {
            return Some(format!("Init:{word}"));
        }
        let waiting = state.waiting.and_then(|waiting| waiting.reason);
        let waiting = waiting.unwrap_or_default();
        return Some(match waiting.as_str() {
            "" | "PodInitializing" => format!("Init:{index}/{}", listed.len()),
            reason => format!("Init:{reason}"),
        });
    }
    None
}

fn main_word(statuses: &[ContainerStatus]) -> Option<String> {
    // kubectl goes from the last container to the first, and the first one to say something wins by being last
    statuses.iter().find_map(|status| {
        let state = status.state.as_ref()?;
        let waiting = state.waiting.as_ref();
        let reason = waiting.and_then(|waiting| waiting.reason.as_deref());
        let reason = reason.filter(|reason| !reason.is_empty());
        reason.map(str::to_owned).or_else(|| ended_word(state))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn word(spec: Value, status: Value) -> String {
        status_word(
            &serde_json::from_value(json!({"metadata": {}, "spec": spec, "status": status}))
                .unwrap(),
        )
    }

    fn container(state: Value) -> Value {
        json!({"name": "a", "ready": false, "restartCount": 0, "image": "", "imageID": "", "state": state})
    }

    #[test]
    fn words_are_those_of_kubectl() {
        let main = json!({"containers": [{"name": "a"}]});
        let waiting = container(json!({"waiting": {"reason": "ImagePullBackOff"}}));
        assert_eq!(
            word(
                main.clone(),
                json!({"phase": "Pending", "containerStatuses": [waiting]})
            ),
            "ImagePullBackOff"
        );
        let ended = container(json!({"terminated": {"exitCode": 3}}));
        assert_eq!(
            word(
                main.clone(),
                json!({"phase": "Failed", "containerStatuses": [ended]})
            ),
            "ExitCode:3"
        );
        assert_eq!(
            word(
                main.clone(),
                json!({"phase": "Failed", "reason": "Evicted"})
            ),
            "Evicted"
        );
        let gated = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]});
        assert_eq!(word(main, gated), "SchedulingGated");
        let init = json!({"containers": [{"name": "m"}], "initContainers": [{"name": "a"}, {"name": "b"}]});
        let running = container(json!({"running": {}}));
        assert_eq!(
            word(
                init.clone(),
                json!({"phase": "Pending", "initContainerStatuses": [running]})
            ),
            "Init:0/2"
        );
        let crash = container(json!({"waiting": {"reason": "CrashLoopBackOff"}}));
        assert_eq!(
            word(
                init,
                json!({"phase": "Pending", "initContainerStatuses": [crash]})
            ),
            "Init:CrashLoopBackOff"
        );
    }
}

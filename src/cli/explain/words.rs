//! Words of kubectl and of events that stand for others.

/// What a word of a state or a condition is shown beside: `State: Waiting`, `Reason: ErrImagePull`. A condition that does not
/// hold has one of these reasons for it.
const SHOWN_BESIDE: [(&str, &[&str]); 8] = [
    (
        "Waiting",
        &[
            "ContainerCreating",
            "CrashLoopBackOff",
            "CreateContainerConfigError",
            "CreateContainerError",
            "ErrImageNeverPull",
            "ErrImagePull",
            "ImagePullBackOff",
            "InvalidImageName",
            "PodInitializing",
            "PostStartHookError",
            "RunContainerError",
        ],
    ),
    (
        "Terminated",
        &[
            "Completed",
            "ContainerCannotRun",
            "ContainerStatusUnknown",
            "Error",
            "OOMKilled",
            "StartError",
        ],
    ),
    ("PodScheduled", &["Unschedulable", "SchedulingGated"]),
    ("PodReadyToStartContainers", &["FailedCreatePodSandBox"]),
    ("Initialized", &["PodInitializing"]),
    ("ContainersReady", &["Unhealthy", "CrashLoopBackOff"]),
    ("Ready", &["NotReady", "Unhealthy"]),
    ("DisruptionTarget", &["Evicted", "NodeLost", "Preempted"]),
];

/// Reasons of events that tell of nothing wrong.
pub(super) const STEPS: [&str; 9] = [
    "Created",
    "Pulled",
    "Pulling",
    "Scheduled",
    "Started",
    "SuccessfulAttachVolume",
    "SuccessfulCreate",
    "SuccessfulDelete",
    "SandboxChanged",
];

/// The words that a state or a condition is shown beside; none of other words.
pub(super) fn shown_beside(word: &str) -> &'static [&'static str] {
    let mut all = SHOWN_BESIDE.iter();
    let known = all.find(|(shown, _)| shown.eq_ignore_ascii_case(word));
    known.map_or(&[], |(_, beside)| beside)
}

/// The status without what is of one pod alone: `Init:CrashLoopBackOff`, `Init:0/2`, `ExitCode:3`, `Signal:9`.
pub(super) fn general(status: &str) -> &str {
    let of_init = status.strip_prefix("Init:");
    let word = of_init.unwrap_or(status);
    let counts = |word: &str| word.bytes().all(|b| b.is_ascii_digit() || b == b'/');
    match word.split_once(':') {
        Some(("ExitCode" | "Signal", number)) if counts(number) => "Error",
        None if of_init.is_some() && counts(word) => "PodInitializing",
        _ => word,
    }
}

//! What a process takes of its machine, where the system tells: Linux does, in `/proc` (proc_pid_stat(5), proc_pid_status(5)).

use std::fs::read_to_string;

/// The fields of `/proc/PID/stat` behind the name, which may hold anything: time in user mode and in the kernel.
const USER: usize = 11;
/// Ticks in a second, as user space is told of them on every platform of Linux (`USER_HZ`).
const TICKS: f64 = 100.0;

/// This process, where others go by their number.
pub const SELF: &str = "self";

/// Bytes that it has in memory.
pub fn memory(process: &str) -> Option<u64> {
    let status = read_to_string(format!("/proc/{process}/status")).ok()?;
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = resident.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// Seconds for which a processor was busy with it.
pub fn processor(process: &str) -> Option<f64> {
    let stat = read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = fields.split_whitespace().skip(USER).take(2);
    let ticks: Option<Vec<f64>> = ticks.map(|ticks| ticks.parse().ok()).collect();
    Some(ticks?.iter().sum::<f64>() / TICKS)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_takes_something() {
        assert!(memory(SELF).is_some_and(|bytes| bytes > 1 << 20));
        assert!(processor(SELF).is_some_and(|seconds| seconds < 1e6));
    }
}

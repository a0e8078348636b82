//! How much memory a process ever had, where the machine tells.

/// The most memory that a running process ever had, in MiB, as Linux tells it in `/proc/<process>/status`; `None` elsewhere.
pub fn peak_mebibytes(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes / 1024.0)
}

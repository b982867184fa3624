//! Facts about the machine that a report keeps: figures of two machines do not compare.

use std::fs;

use serde_json::{Value, json};

/// `host` of a report.
pub fn facts() -> Value {
    json!({
        "cpu": cpu_model(),
        "architecture": std::env::consts::ARCH,
        "cores_online": online_cores(),
        "cores_usable": predictor_pool::usable_cores(),
        "affinity": field("/proc/self/status", "Cpus_allowed_list"),
        "cgroup_cpu_quota": cgroup_quota(),
        "threads_environment": std::env::var("PREDICTOR_POOL_NUM_THREADS").ok(),
        "governor": read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "hypervisor": fs::read_to_string("/proc/cpuinfo").is_ok_and(|text| text.contains(" hypervisor")),
        "memory_mb": memory_mb(),
        "kernel": read("/proc/sys/kernel/osrelease"),
        "load_average": read("/proc/loadavg").and_then(|text| text.split(' ').next()?.parse::<f64>().ok()),
    })
}

/// The processor's name; where the kernel does not know it, its part number.
fn cpu_model() -> Option<String> {
    field("/proc/cpuinfo", "model name").or_else(|| field("/proc/cpuinfo", "CPU part"))
}

fn online_cores() -> i64 {
    // SAFETY: asks for a number.
    unsafe { libc::sysconf(libc::_SC_NPROCESSORS_ONLN) }
}

fn memory_mb() -> Option<f64> {
    let kilobytes = field("/proc/meminfo", "MemTotal")?;
    let kilobytes: f64 = kilobytes.trim_end_matches("kB").trim().parse().ok()?;
    Some((kilobytes * 1.024).round() / 1e3)
}

/// Cores that the cgroup may use on average, by its own limit: version 2's `cpu.max` or version 1's quota.
fn cgroup_quota() -> Option<f64> {
    let membership = fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = membership.lines().find_map(|line| line.strip_prefix("0::"))?;
    let limit = [format!("/sys/fs/cgroup{path}/cpu.max"), "/sys/fs/cgroup/cpu.max".to_owned()]
        .iter()
        .find_map(|file| fs::read_to_string(file).ok());
    let (quota, period) = match limit {
        Some(limit) => {
            let (quota, period) = limit.trim().split_once(' ')?;
            (quota.parse::<f64>().ok()?, period.parse::<f64>().ok()?)
        }
        None => {
            let number = |name| read(&format!("/sys/fs/cgroup/cpu/{name}"))?.parse::<f64>().ok();
            (number("cpu.cfs_quota_us")?, number("cpu.cfs_period_us")?)
        }
    };
    (quota > 0.0 && period > 0.0).then_some(quota / period)
}

fn read(path: &str) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

/// The first line `NAME : VALUE` of a file.
fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    text.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        (found.trim() == name).then(|| value.trim().to_owned())
    })
}

//! How many cores this process may use, and how its automatic sessions divide them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Result, bail};
use crate::process::PerProcess;
use crate::sync::Mutex;

/// Overrides the detected number of cores, upwards or downwards.
const ENVIRONMENT: &str = "PREDICTOR_POOL_NUM_THREADS";

/// More threads than this are a mistake: no machine has so many cores for one model.
pub(crate) const MAX_THREADS: usize = 1024;

/// The cores that this process may keep busy: `PREDICTOR_POOL_NUM_THREADS` if it is set to a
/// positive number, else the smaller of the affinity mask and the cgroup's CPU quota (v1 or v2,
/// rounded up). At least 1, at most 1024.
pub fn usable_cores() -> usize {
    let wished = std::env::var(ENVIRONMENT).ok().and_then(|text| text.trim().parse().ok());
    if let Some(count @ 1..) = wished {
        return count.min(MAX_THREADS);
    }
    let affinity = affinity_cores();
    cgroup_quota(Path::new("/")).map_or(affinity, |quota| quota.min(affinity)).clamp(1, MAX_THREADS)
}

fn affinity_cores() -> usize {
    // SAFETY: an all-zero cpu_set_t is valid, and the call writes at most its size.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        if libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &mut set) == 0 {
            return libc::CPU_COUNT(&set).max(1) as usize;
        }
    }
    std::thread::available_parallelism().map_or(1, |count| count.get())
}

/// The smallest CPU quota on the way from this process's cgroup to the root, in whole cores.
/// `root` stands for `/`, so that a test can bring its own.
fn cgroup_quota(root: &Path) -> Option<usize> {
    let membership = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    membership.lines().filter_map(|line| quota_of_line(root, line)).min()
}

/// `line` is `hierarchy:controllers:path`; version 2 has hierarchy 0 and no controllers.
fn quota_of_line(root: &Path, line: &str) -> Option<usize> {
    let mut fields = line.splitn(3, ':');
    let (_, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
    if controllers.is_empty() {
        return smallest_quota(&root.join("sys/fs/cgroup"), path, quota_v2);
    }
    if !controllers.split(',').any(|name| name == "cpu") {
        return None;
    }
    let mounts = [controllers, "cpu", "cpu,cpuacct"].map(|name| root.join("sys/fs/cgroup").join(name));
    let mount = mounts.into_iter().find(|mount| mount.is_dir())?;
    smallest_quota(&mount, path, quota_v1)
}

/// Inside a container the path may be the host's and not exist here; its mount's root then counts.
fn smallest_quota(mount: &Path, path: &str, read: fn(&Path) -> Option<usize>) -> Option<usize> {
    let leaf: PathBuf = mount.join(path.trim_start_matches('/'));
    leaf.ancestors().take_while(|folder| folder.starts_with(mount)).filter_map(read).min()
}

fn quota_v2(folder: &Path) -> Option<usize> {
    let text = fs::read_to_string(folder.join("cpu.max")).ok()?;
    let (quota, period) = text.trim().split_once(' ')?;
    whole_cores(quota, period)
}

fn quota_v1(folder: &Path) -> Option<usize> {
    let quota = fs::read_to_string(folder.join("cpu.cfs_quota_us")).ok()?;
    let period = fs::read_to_string(folder.join("cpu.cfs_period_us")).ok()?;
    whole_cores(quota.trim(), period.trim())
}

/// No quota is written `max` (version 2) or `-1` (version 1).
fn whole_cores(quota: &str, period: &str) -> Option<usize> {
    let (quota, period): (u64, u64) = (quota.parse().ok()?, period.parse().ok()?);
    if period == 0 {
        return None;
    }
    usize::try_from(quota.div_ceil(period)).ok().map(|cores| cores.max(1))
}

/// Worker threads of the automatic sessions of this process; together at most cores - 1.
static WORKERS: PerProcess<Mutex<usize>> = PerProcess::new(|| Mutex::new(0));

/// Worker threads that one automatic session holds; they go back when it is dropped.
#[derive(Debug)]
pub(crate) struct WorkerGrant(usize);

impl WorkerGrant {
    /// Takes workers for a session with `callers` concurrent callers on this machine: the callers
    /// themselves compute too, so the rest of the cores is wished for, and what other automatic
    /// sessions left is given.
    pub fn take(callers: usize) -> Self {
        let cores = usable_cores();
        let wished = automatic_threads(callers, cores) - 1;
        let mut used = WORKERS.get().lock();
        let granted = wished.min((cores - 1).saturating_sub(*used));
        *used += granted;
        Self(granted)
    }

    /// The session's intra-op threads: its workers and the caller.
    pub fn threads(&self) -> usize {
        self.0 + 1
    }
}

impl Drop for WorkerGrant {
    fn drop(&mut self) {
        let mut used = WORKERS.get().lock();
        *used = used.saturating_sub(self.0);
    }
}

/// Intra-op threads of a session that has `cores` for itself and `callers` at a time.
pub(crate) fn automatic_threads(callers: usize, cores: usize) -> usize {
    (cores + 1).saturating_sub(callers).max(1)
}

/// OUT_OF_MEMORY if the system would not start `count` threads more. ONNX Runtime waits for ever for
/// threads that it could not start, so this is found out before, where it is in doubt at all.
pub(crate) fn check_startable(count: usize) -> Result<()> {
    if count <= affinity_cores() {
        return Ok(());
    }
    // All of them are alive until the lock is let go, also when one cannot be started.
    let hold = Arc::new(Mutex::new(()));
    let held = hold.lock();
    let start = |_| {
        let hold = Arc::clone(&hold);
        std::thread::Builder::new().spawn(move || drop(hold.lock()))
    };
    let started: std::io::Result<Vec<_>> = (0..count).map(start).collect();
    drop(held);
    match started {
        Ok(threads) => {
            for thread in threads {
                // It does nothing, so it cannot have panicked.
                let _ = thread.join();
            }
            Ok(())
        }
        Err(error) => bail!(OutOfMemory, "threads: {count} more cannot be started: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fake_root(files: &[(&str, &str)]) -> tempdir::Folder {
        let root = tempdir::Folder::new();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    use crate::testing as tempdir;

    #[test]
    fn a_version_2_quota_is_rounded_up_and_the_tightest_ancestor_counts() {
        let root = fake_root(&[
            ("proc/self/cgroup", "0::/a/b\n"),
            ("sys/fs/cgroup/a/cpu.max", "250000 100000\n"),
            ("sys/fs/cgroup/a/b/cpu.max", "max 100000\n"),
        ]);
        assert_eq!(cgroup_quota(root.path()), Some(3));
    }

    #[test]
    fn a_version_1_quota_is_read_from_the_cpu_controller() {
        let root = fake_root(&[
            ("proc/self/cgroup", "5:memory:/m\n4:cpu,cpuacct:/job\n0::/\n"),
            ("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "150000\n"),
            ("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000\n"),
        ]);
        assert_eq!(cgroup_quota(root.path()), Some(2));
    }

    #[test]
    fn a_path_of_the_host_falls_back_to_the_root_of_the_mount() {
        let root = fake_root(&[
            ("proc/self/cgroup", "0::/docker/0123\n"),
            ("sys/fs/cgroup/cpu.max", "50000 100000\n"),
        ]);
        assert_eq!(cgroup_quota(root.path()), Some(1));
    }

    #[test]
    fn no_quota_is_no_limit() {
        let root = fake_root(&[
            ("proc/self/cgroup", "4:cpu:/\n0::/\n"),
            ("sys/fs/cgroup/cpu.max", "max 100000\n"),
            ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"),
            ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
        ]);
        assert_eq!(cgroup_quota(root.path()), None);
        assert_eq!(cgroup_quota(&root.path().join("nothing")), None);
    }

    #[test]
    fn callers_and_workers_together_fill_the_cores() {
        let threads = |callers| automatic_threads(callers, 8);
        assert_eq!([1, 2, 4, 7, 8, 100].map(threads), [8, 7, 5, 2, 1, 1]);
        assert_eq!(automatic_threads(1, 1), 1);
    }
}

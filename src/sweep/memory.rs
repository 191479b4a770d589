//! How much memory is left, and how much a run takes.
//!
//! GMP ends the program where it gets no memory, and nothing can be done then: what will not fit is refused before.

use crate::attack::Strategy;
use crate::net::Shape;
use std::path::Path;

/// What any run takes, in bytes: code, threads, buffers.
pub(super) const BASE: u64 = 16 << 20;
/// What a walk takes for each parameter of its victim, in bytes: the exact victim, the copy, and canonical forms of
/// both, each number a rational of some hundred bytes.
pub(super) const PARAMETER: u64 = 3 << 10;
/// What the textbook attack takes for each parameter, and for each parameter and output, in bytes: it asks more.
const TEXTBOOK: (u64, u64) = (5 << 10, 1 << 10);
/// What an answer at a reference input takes, in bytes, for each output.
pub(super) const ANSWER: u64 = 256;
/// Address space that the allocator of the GNU C library reserves, used or not, and more for each thread at work: from
/// above, by the least `ulimit -v` under which 64-32-10 runs with 1, 2 and 8 threads, 108, 126 and 244 MiB.
const RESERVED: (u64, u64) = (64 << 20, 24 << 20);

/// Memory that `run` takes for a victim of this shape, in bytes.
///
/// Measured from above, as resident memory of both runs, for N(0, 1/fan-in) weights in f64:
///
/// | shape | walk | estimate | textbook | estimate |
/// |---|---|---|---|---|
/// | 64-32-10 | 25 MiB | 26 | 47 | 54 |
/// | 256-32-10 | 39 | 44 | 124 | 144 |
/// | 784-32-1 | 62 | 90 | 155 | 164 |
///
/// Weights of other heights, `--ledger`, `--certify` and `--attribution` take more, by what only the run itself shows.
pub fn estimate(shape: Shape, strategy: Strategy, inputs: usize) -> u64 {
    let (parameters, outputs) = (shape.parameters() as u64, shape.outputs as u64);
    let parameter = match strategy {
        Strategy::Walk => PARAMETER,
        Strategy::Textbook => TEXTBOOK.0 + TEXTBOOK.1 * outputs,
    };
    BASE + parameters.saturating_mul(parameter) + ANSWER * outputs * inputs as u64
}

/// Why a run is not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "takes about {} MiB of memory, and {} MiB are left by the machine, its control group, or ulimit less what the \
     allocator reserves for threads: \
     free memory, raise the limit, or choose a smaller network", needed >> 20, left >> 20
)]
pub struct TooLittle {
    /// Bytes, by the estimate.
    pub needed: u64,
    /// Bytes that can be taken.
    pub left: u64,
}

/// Errors where an estimate is above what is left to so many threads.
pub fn check(needed: u64, threads: usize) -> Result<(), TooLittle> {
    match available(threads) {
        Some(left) if left < needed => Err(TooLittle { needed, left }),
        _ => Ok(()),
    }
}

/// Memory that this process can still take, in bytes: of the machine, of the control groups (version 2) that it is
/// confined to, and of its own limits on address space and data, whichever is least. `None` where the system tells
/// nothing of it.
pub(super) fn available(threads: usize) -> Option<u64> {
    [machine(), group(), own(threads)].into_iter().flatten().min()
}

/// A file of the kernel's: short, and empty where it is not there.
fn told(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// The number that follows a name at the start of a line.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim_start_matches(':').split_whitespace().next()?.parse().ok()
}

fn machine() -> Option<u64> {
    field(&told("/proc/meminfo"), "MemAvailable").map(kibibytes)
}

fn kibibytes(count: u64) -> u64 {
    count.saturating_mul(1 << 10)
}

/// What the control group leaves, by its own folder and by the root, which is the group itself inside of a container.
fn group() -> Option<u64> {
    let own = told("/proc/self/cgroup").lines().find_map(|line| line.strip_prefix("0::/").map(str::to_owned));
    let left = |folder: &str| {
        let folder = Path::new("/sys/fs/cgroup").join(folder);
        let number = |name: &str| told(folder.join(name)).trim().parse::<u64>().ok();
        let (most, taken) = number("memory.max").zip(number("memory.current"))?;
        // Files that were read and not used since are given back before anybody goes without.
        let spare = field(&told(folder.join("memory.stat")), "inactive_file").unwrap_or(0);
        Some(most.saturating_sub(taken.saturating_sub(spare)))
    };
    [own.as_deref().unwrap_or_default(), ""].into_iter().filter_map(left).min()
}

/// What the limits of `ulimit -v` and `ulimit -d` leave.
fn own(threads: usize) -> Option<u64> {
    let reserved = RESERVED.0 + RESERVED.1 * threads as u64;
    left_of_limits(&told("/proc/self/limits"), &told("/proc/self/status"), reserved)
}

fn left_of_limits(limits: &str, status: &str, reserved: u64) -> Option<u64> {
    let left = |limit: &str, taken: &str| {
        let most = field(limits, limit)?;
        Some(most.saturating_sub(field(status, taken).map_or(0, kibibytes)))
    };
    let space = left("Max address space", "VmSize").map(|bytes| bytes.saturating_sub(reserved));
    [space, left("Max data size", "VmData")].into_iter().flatten().min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_limit_counts() {
        let status = "VmSize:\t    3900 kB\nVmData:\t     432 kB\n";
        let limits = |space: &str, data: &str| {
            format!("Max address space         {space}  unlimited  bytes\nMax data size   {data}  unlimited  bytes\n")
        };
        let left = |space, data| left_of_limits(&limits(space, data), status, 1000);
        assert_eq!(left("unlimited", "unlimited"), None);
        assert_eq!(left("90000000", "unlimited"), Some(90_000_000 - 3900 * 1024 - 1000));
        assert_eq!(left("90000000", "500000"), Some(500_000 - 432 * 1024));
        assert_eq!(left("unlimited", "500000"), Some(500_000 - 432 * 1024));
        assert_eq!(left("1000", "unlimited"), Some(0));
        assert_eq!(left_of_limits("", "", 0), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn linux_tells() {
        assert!(available(1).is_some_and(|bytes| bytes > 0));
    }
}

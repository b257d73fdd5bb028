//! What the kernel says about the memory of the slots, and how the process is guarded.

use std::fs;
use std::io;
use std::ops::Range;

use depesche_domain::time::Time;
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, dumpable_behavior, getrlimit, set_dumpable_behavior,
    setrlimit,
};
use rustix::time::{ClockId, clock_gettime};

/// How the mapped memory of the slots lies; numbers are bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kernel {
    /// Mapped now.
    pub mapped: u64,
    /// Of these, locked.
    pub locked: u64,
    /// Of these, left out of core dumps.
    pub undumped: u64,
    /// Of these, swapped out.
    pub swapped: u64,
    /// Of these, backed by a file.
    pub in_files: u64,
    /// The kernel would write a core dump of this process.
    pub dumpable: bool,
    /// Bytes that a core file may have.
    pub core_limit: u64,
}

/// A clock that never goes back and counts on while the machine sleeps.
pub fn since_boot() -> Time {
    let now = clock_gettime(ClockId::Boottime);
    let ms = now.tv_sec.saturating_mul(1000);
    Time::from_ms(ms.saturating_add(now.tv_nsec / 1_000_000))
}

/// No core dumps of this process, and as much locked memory as its hard limit allows. Refusals are in the log.
pub fn guard_process() {
    let hard = getrlimit(Resource::Memlock).maximum;
    let raised = Rlimit {
        current: hard,
        maximum: hard,
    };
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let steps = [
        (
            "limit of locked memory",
            setrlimit(Resource::Memlock, raised),
        ),
        ("limit of core files", setrlimit(Resource::Core, none)),
        (
            "core dumps",
            set_dumpable_behavior(DumpableBehavior::NotDumpable),
        ),
    ];
    for (what, result) in steps {
        if let Err(error) = result {
            tracing::warn!(what, %error, "the process is not guarded as it should be");
        }
    }
}

/// Asks the kernel about these places (first address, length).
pub(super) fn ask(places: &[(usize, usize)]) -> io::Result<Kernel> {
    let mut kernel = read_smaps(&fs::read_to_string("/proc/self/smaps")?, places);
    kernel.mapped = places.iter().map(|(_, len)| *len as u64).sum();
    kernel.dumpable = !matches!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
    kernel.core_limit = getrlimit(Resource::Core).current.unwrap_or(u64::MAX);
    Ok(kernel)
}

/// `7f00-7f80 rw-p 00000000 00:00 0`: the range, and whether a file backs it.
fn head(line: &str) -> Option<(Range<usize>, bool)> {
    let mut fields = line.split_ascii_whitespace();
    let (from, to) = fields.next()?.split_once('-')?;
    let number = |text| usize::from_str_radix(text, 16).ok();
    let inode = fields.nth(3)?;
    Some((number(from)?..number(to)?, inode != "0"))
}

/// Neighbouring mappings are one for the kernel, so a share of each counts.
fn read_smaps(smaps: &str, places: &[(usize, usize)]) -> Kernel {
    let mut kernel = Kernel::default();
    let mut ours = 0;
    for line in smaps.lines() {
        if let Some((range, in_file)) = head(line) {
            let overlap = |&(at, len): &(usize, usize)| {
                range.end.min(at + len).saturating_sub(range.start.max(at)) as u64
            };
            ours = places.iter().map(overlap).sum();
            kernel.in_files += if in_file { ours } else { 0 };
        } else if ours > 0 {
            if let Some(swap) = line.strip_prefix("Swap:") {
                let kib = swap
                    .trim()
                    .trim_end_matches("kB")
                    .trim()
                    .parse()
                    .unwrap_or(0_u64);
                kernel.swapped += kib * 1024;
            }
            if let Some(flags) = line.strip_prefix("VmFlags:") {
                let has = |flag| flags.split_ascii_whitespace().any(|one| one == flag);
                kernel.locked += if has("lo") { ours } else { 0 };
                kernel.undumped += if has("dd") { ours } else { 0 };
            }
        }
    }
    kernel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smaps_are_read() {
        let smaps = "\
7f0000000000-7f0000020000 rw-p 00000000 00:00 0 \n\
Size:                128 kB\nSwap:                  4 kB\nVmFlags: rd wr mr mw me lo dc dd \n\
7f0000020000-7f0000030000 rw-s 00000000 08:01 77 /tmp/x\n\
Swap:                  0 kB\nVmFlags: rd wr \n\
7f0000030000-7f0000040000 rw-p 00000000 00:00 0 [heap]\n\
Swap:                 64 kB\nVmFlags: rd wr dd\n";
        let base = 0x7f00_0000_0000;
        let found = read_smaps(smaps, &[(base, 0x10000), (base + 0x20000, 0x10000)]);
        let expected = Kernel {
            locked: 0x10000,
            undumped: 0x10000,
            swapped: 4096,
            in_files: 0x10000,
            ..Kernel::default()
        };
        assert_eq!(found, expected);
        assert_eq!(read_smaps(smaps, &[]), Kernel::default());
    }
}

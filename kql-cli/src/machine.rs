//! The memory that a command may use if it is not told.

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// Three quarters of the memory that the machine has, or the control group of the process (a container, for example).
/// `None` if the system does not report it.
pub fn memory() -> Option<usize> {
    let system =
        System::new_with_specifics(RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram()));
    let machine = system.total_memory();
    let group = system.cgroup_limits().map_or(machine, |group| group.total_memory);
    let bytes = usize::try_from(machine.min(group)).ok()?;
    (bytes > 0).then_some(bytes / 4 * 3)
}

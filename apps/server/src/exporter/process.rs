//! What the system says about this process, under the names that all Prometheus clients use. Where it does not tell, a
//! number is left out.

use rustix::time::{ClockId, clock_gettime};

use super::page::Page;
use crate::descriptors;

/// Writes the numbers of this process. It began at this time, in seconds since 1970.
pub(super) fn write(page: &mut Page, began: f64) {
    page.counter(
        "process_cpu_seconds_total",
        "CPU time that the process has used, in seconds.",
        cpu_seconds(),
    );
    if let Some([virtual_bytes, resident]) = memory() {
        page.gauge(
            "process_virtual_memory_bytes",
            "Address space of the process, in bytes.",
            virtual_bytes,
        );
        page.gauge(
            "process_resident_memory_bytes",
            "Memory that the process has in RAM, in bytes.",
            resident,
        );
    }
    page.gauge(
        "process_start_time_seconds",
        "When the process began to serve, in seconds since 1970.",
        began,
    );
    if let Some(open) = descriptors::open() {
        page.gauge("process_open_fds", "Open descriptors.", open);
    }
    if let Some(limit) = descriptors::limit() {
        page.gauge(
            "process_max_fds",
            "The limit on open descriptors; a connection needs one.",
            limit,
        );
    }
}

fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// The address space and the resident memory, in bytes.
fn memory() -> Option<[u64; 2]> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let mut pages = pages.split(' ').map_while(|number| number.parse().ok());
    let size = rustix::param::page_size() as u64;
    let mut next = || pages.next().map(|pages: u64| pages * size);
    Some([next()?, next()?])
}

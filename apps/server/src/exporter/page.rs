//! The page: all numbers in the text format of Prometheus, version 0.0.4.

use std::fmt::{Display, Write as _};

use super::{Source, process};
use crate::metrics::{BOUNDS, Causes, Counter, Metrics};
use crate::runtime;

/// What the server can do that some builds cannot.
const FEATURES: [(&str, bool); 7] = [
    ("admin", cfg!(feature = "admin")),
    ("cluster", cfg!(feature = "cluster")),
    ("history", cfg!(feature = "history")),
    ("metrics", cfg!(feature = "metrics")),
    ("service", cfg!(feature = "service")),
    ("tls", cfg!(feature = "tls")),
    ("web", cfg!(feature = "web")),
];

/// A page in the making. Names, helps and labels are ours, so nothing in them has to be escaped.
#[derive(Debug, Default)]
pub(super) struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string does not fail, here and below.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn value(&mut self, name: &str, value: impl Display) {
        let _ = writeln!(self.0, "{name} {value}");
    }

    pub(super) fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.family(name, "gauge", help);
        self.value(name, value);
    }

    pub(super) fn counter(&mut self, name: &str, help: &str, value: impl Display) {
        self.family(name, "counter", help);
        self.value(name, value);
    }

    fn causes<const N: usize>(&mut self, name: &str, help: &str, causes: &Causes<N>) {
        self.labelled(name, "cause", help, causes);
    }

    fn labelled<const N: usize>(&mut self, name: &str, label: &str, help: &str, all: &Causes<N>) {
        self.family(name, "counter", help);
        for (value, counter) in &all.0 {
            self.value(&format!("{name}{{{label}=\"{value}\"}}"), counter.get());
        }
    }
}

/// Writes the page.
pub(super) fn write(source: &Source) -> String {
    let mut page = Page::default();
    let metrics = &*source.metrics;
    build(&mut page);
    room(&mut page, source);
    traffic(&mut page, metrics);
    going(&mut page, metrics);
    #[cfg(feature = "tls")]
    if source.has_tls {
        tls(&mut page, metrics);
    }
    #[cfg(feature = "web")]
    if source.has_page {
        page.labelled(
            "hubbub_web_requests_total",
            "status",
            "Requests of browsers that were answered, by status; 101 is a page that enters the room.",
            &metrics.answered,
        );
    }
    memory(&mut page, source);
    if source.has_history {
        history(&mut page, metrics);
    }
    #[cfg(feature = "cluster")]
    if source.has_cluster {
        cluster(&mut page, metrics);
    }
    delays(&mut page, metrics);
    process::write(&mut page, source.began);
    page.0
}

fn build(page: &mut Page) {
    let names = FEATURES.iter().filter(|(_, is_in)| *is_in);
    let names: Vec<&str> = names.map(|(name, _)| *name).collect();
    let name = "hubbub_build_info";
    page.family(
        name,
        "gauge",
        "1; the labels say which server this is, and what was built into it.",
    );
    let version = env!("CARGO_PKG_VERSION");
    let features = names.join(",");
    page.value(
        &format!("{name}{{version=\"{version}\",features=\"{features}\"}}"),
        1,
    );
}

fn room(page: &mut Page, source: &Source) {
    let metrics = &*source.metrics;
    page.gauge(
        "hubbub_members",
        "Members of the room, also those that have lost their connection and may come back.",
        metrics.members.get(),
    );
    page.gauge(
        "hubbub_members_granted",
        "Members whose program speaks the extension.",
        metrics.granted.get(),
    );
    page.gauge(
        "hubbub_members_absent",
        "Members that have lost their connection and may come back.",
        metrics.absent.get(),
    );
    page.gauge(
        "hubbub_strangers",
        "Connections that have not joined.",
        metrics.strangers.get(),
    );
    // Whoever ends is counted after it was counted as a connection. Read in this order, there are never too few.
    let ended = metrics.ended.get();
    page.gauge(
        "hubbub_connections",
        "Connections that have a place, members or not, also those that are just ending.",
        metrics.connections.get().saturating_sub(ended),
    );
    if source.max_peers != usize::MAX {
        page.gauge(
            "hubbub_connections_limit",
            "The most connections that get a place.",
            source.max_peers,
        );
    }
}

fn traffic(page: &mut Page, metrics: &Metrics) {
    page.counter(
        "hubbub_connections_total",
        "Connections that got a place.",
        metrics.connections.get(),
    );
    page.counter(
        "hubbub_joins_total",
        "JOINs that the room heard.",
        metrics.joins.get(),
    );
    page.counter(
        "hubbub_received_messages_total",
        "TEXTs of members that were passed on, or would have been if somebody else had been there.",
        metrics.messages.get(),
    );
    page.counter(
        "hubbub_received_bytes_total",
        "Bytes that were read of connections with a place, without what TLS adds.",
        metrics.received_bytes.get(),
    );
    page.counter(
        "hubbub_deliveries_total",
        "JOINs, LEAVEs and TEXTs that were given to members, once for each member. What is for one member alone does not count.",
        metrics.deliveries.get(),
    );
    page.counter(
        "hubbub_sent_bytes_total",
        "Bytes that the system took for connections with a place, without what TLS adds.",
        metrics.sent_bytes.get(),
    );
}

fn going(page: &mut Page, metrics: &Metrics) {
    page.causes(
        "hubbub_departures_total",
        "Connections with a place that ended before the server did, by cause.",
        &metrics.departures,
    );
    page.causes(
        "hubbub_turned_away_total",
        "Connections that got no place, by cause.",
        &metrics.turned_away,
    );
    page.counter(
        "hubbub_accept_failures_total",
        "How often accepting failed because something had run out, such as descriptors.",
        metrics.accept_failures.get(),
    );
}

#[cfg(feature = "tls")]
fn tls(page: &mut Page, metrics: &Metrics) {
    page.counter(
        "hubbub_tls_handshakes_total",
        "Handshakes of TLS that came to an end.",
        metrics.handshakes.get(),
    );
    page.counter(
        "hubbub_tls_failures_total",
        "Those of them that came to nothing.",
        metrics.failed_handshakes.get(),
    );
    let end = metrics.certificate_end.get();
    if end > 0 {
        page.gauge(
            "hubbub_tls_certificate_end_seconds",
            "When the certificate ends, in seconds since 1970.",
            end,
        );
    }
}

fn memory(page: &mut Page, source: &Source) {
    page.gauge(
        "hubbub_outbox_bytes",
        "Memory of what waits in outboxes; what waits for several members counts once.",
        source.queued.used(),
    );
    page.gauge(
        "hubbub_outbox_limit_bytes",
        "The most memory for that. Beyond it the slowest members are dropped.",
        source.queued.limit(),
    );
    page.gauge(
        "hubbub_unfinished_bytes",
        "Memory of texts that are read in part, or read and not yet passed on.",
        source.unfinished.used(),
    );
    page.gauge(
        "hubbub_unfinished_limit_bytes",
        "The most memory for that.",
        source.unfinished.limit(),
    );
}

fn history(page: &mut Page, metrics: &Metrics) {
    let history = &metrics.history;
    page.gauge(
        "hubbub_history_rows",
        "Messages in the database, with those that were lost between them.",
        history.rows.get(),
    );
    page.gauge(
        "hubbub_history_bytes",
        "What the database takes, without what is free in it.",
        history.bytes.get(),
    );
    page.counter(
        "hubbub_history_kept_total",
        "Messages that were kept.",
        history.kept.get(),
    );
    page.gauge(
        "hubbub_history_lag_seconds",
        "Age of the oldest message that the database was given and has not kept; 0 if there is none.",
        age(history.waiting_since.get()),
    );
    page.gauge(
        "hubbub_history_suspended",
        "1 while messages are not kept, since the disk does not take them; else 0.",
        history.is_suspended.get(),
    );
}

#[cfg(feature = "cluster")]
fn cluster(page: &mut Page, metrics: &Metrics) {
    let cluster = &metrics.cluster;
    page.gauge(
        "hubbub_cluster_paused",
        "1 while the room is paused, since the engine takes nothing; else 0.",
        cluster.is_paused.get(),
    );
    page.gauge(
        "hubbub_cluster_place",
        "The last place of the stream that this node has applied.",
        cluster.place.get(),
    );
    page.gauge(
        "hubbub_cluster_lag_seconds",
        "For how long this node has waited for what it published last; 0 if it has read it back.",
        age(cluster.waiting_since.get()),
    );
    page.gauge(
        "hubbub_cluster_nodes",
        "Nodes that are in the room, with this one.",
        cluster.nodes.get(),
    );
}

/// How long ago that was, in seconds. 0 is never.
fn age(since: u64) -> f64 {
    let ms = match since {
        0 => 0,
        since => runtime::wall().unix_ms().saturating_sub(since),
    };
    ms as f64 / 1000.0
}

fn delays(page: &mut Page, metrics: &Metrics) {
    let name = "hubbub_delivery_seconds";
    page.family(
        name,
        "histogram",
        "Time from the read that brought a TEXT until the system has taken its batch for the last reader, or that reader is gone; of samples, one after another.",
    );
    let buckets = &metrics.delays.buckets;
    let mut count = 0;
    for (bound, bucket) in BOUNDS.iter().zip(buckets) {
        count += bucket.get();
        let bound = *bound as f64 / 1e6;
        page.value(&format!("{name}_bucket{{le=\"{bound}\"}}"), count);
    }
    count += buckets.last().map_or(0, Counter::get);
    page.value(&format!("{name}_bucket{{le=\"+Inf\"}}"), count);
    let sum = metrics.delays.sum.get() as f64 / 1e9;
    page.value(&format!("{name}_sum"), sum);
    page.value(&format!("{name}_count"), count);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_features_are_those_that_a_build_may_leave_out() {
        let of_crate = include_str!("../../Cargo.toml");
        let default = of_crate.lines().find(|line| line.starts_with("default = "));
        let names = default.unwrap().split('"').skip(1).step_by(2);
        // How SQLite is linked changes nothing that the server can do.
        let mut names: Vec<&str> = names.filter(|name| *name != "bundled-sqlite").collect();
        // No build has this unless it asks for it.
        names.push("cluster");
        names.sort_unstable();
        assert_eq!(FEATURES.map(|(name, _)| name), *names);
    }
}

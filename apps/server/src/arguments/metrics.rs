//! The option of the metrics.

use std::net::{Ipv4Addr, SocketAddr};

use clap::Args;

#[derive(Debug, Args)]
pub(super) struct MetricsArguments {
    /// Where numbers about the server can be read over HTTP: a port of loopback such as 9180, or an address with a port
    /// such as 0.0.0.0:9180 or [::1]:9180; port 0 takes a free one and logs it. /metrics is for Prometheus, /healthz
    /// says whether the room still works [default: nowhere]
    #[arg(
        long,
        env = "HUBBUB_METRICS",
        value_name = "ADDR",
        value_parser = parse_place
    )]
    metrics: Option<SocketAddr>,
}

impl MetricsArguments {
    /// Where the metrics are shown.
    pub(super) const fn address(&self) -> Option<SocketAddr> {
        self.metrics
    }
}

/// Reads a port of loopback, or an address with a port.
fn parse_place(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.parse::<u16>() {
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    text.parse().map_err(|_| {
        "give a port of loopback such as 9180, or an IP address with a port such as 0.0.0.0:9180 or [::1]:9180"
            .to_owned()
    })
}

//! What one connection, and all of them together, may take.

use std::time::Duration;

/// The limits of the listener. [`Limits::default`] is what the program runs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once; more wait in the kernel's queue.
    pub connections: usize,
    /// Connections at once from one client (IPv4 address, IPv6 /64); more are closed at once.
    pub connections_per_client: usize,
    /// From the first byte of a request to the end of its head; from the connection to the first
    /// byte; and for the handshake of TLS.
    pub head: Duration,
    /// Without a request.
    pub idle: Duration,
    /// Bytes that must come, or be taken, within each `pace_within` of waiting for the client.
    pub pace_bytes: u64,
    /// See `pace_bytes`.
    pub pace_within: Duration,
    /// How long running requests may go on after the order to stop.
    pub stop: Duration,
    /// Bytes of a request's head.
    pub head_bytes: usize,
    /// Lines of a request's head.
    pub head_lines: usize,
    /// HTTP/2 requests at once in one connection.
    pub streams: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_client: 1_000,
            head: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            pace_bytes: 30 << 10,
            pace_within: Duration::from_secs(30),
            stop: Duration::from_secs(30),
            head_bytes: 32 << 10,
            head_lines: 64,
            streams: 64,
        }
    }
}

impl Limits {
    /// The shortest of the times: looking this often, no deadline is passed unseen.
    pub(crate) fn shortest(&self) -> Duration {
        self.head.min(self.idle).min(self.pace_within)
    }
}

//! What all states of a session have: limits, bytes in and out, counts.

use crate::address::Host;
use crate::command::Forwarded;
use crate::line::Lines;
use crate::reply::{Code, Reply, Severity};

/// What a server allows. One for all connections.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The server's own name.
    pub host: Host,
    /// Bytes of a mail.
    pub max_size: u64,
    /// Recipients of a mail; 100 or more (RFC 5321 section 4.5.3.1.8), and twice as many may be refused.
    pub max_recipients: usize,
    /// Bytes of a command with its end; 512 or more.
    pub max_line: usize,
    /// Bytes of a line of text without its end; 998 or more.
    pub max_text_line: usize,
    /// Commands that are refused as wrong, before the session is ended.
    pub max_errors: u32,
    /// Commands in a row that bring no mail nearer, before they count as wrong.
    pub max_chores: u32,
}

impl Settings {
    /// The usual limits.
    #[must_use]
    pub fn new(host: Host, max_size: u64) -> Self {
        Self {
            host,
            max_size,
            max_recipients: 1000,
            max_line: 2048,
            max_text_line: 64 * 1024,
            max_errors: 20,
            max_chores: 100,
        }
    }
}

/// TLS on this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// There is none.
    Unavailable,
    /// STARTTLS is offered.
    Offered,
    /// STARTTLS is offered, and no mail is taken without.
    Required,
    /// It is in use.
    Active,
}

/// What all states have.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) settings: Settings,
    pub(super) input: Lines,
    pub(super) output: Vec<u8>,
    pub(super) tls: Tls,
    pub(super) listed: bool,
    pub(super) forwarded: Option<Forwarded>,
    pub(super) errors: u32,
    pub(super) chores: u32,
    pub(super) refused: usize,
}

impl Wire {
    /// Writes a reply of ours; a permanent refusal counts.
    pub(super) fn say(&mut self, reply: &Reply) {
        if reply.severity() == Severity::Permanent {
            self.errors = self.errors.saturating_add(1);
        }
        reply.write(&mut self.output);
    }

    /// A command that brings no mail nearer.
    pub(super) fn chore(&mut self) {
        self.chores = self.chores.saturating_add(1);
        if self.chores > self.settings.max_chores {
            self.errors = self.errors.saturating_add(1);
        }
    }

    pub(super) fn is_worn_out(&self) -> bool {
        self.errors > self.settings.max_errors
            || self.refused > self.settings.max_recipients.saturating_mul(2)
    }

    pub(super) fn end_of_mail(&mut self) {
        self.forwarded = None;
        self.refused = 0;
        self.chores = 0;
    }
}

impl Wire {
    pub(super) fn end_of_transaction(&mut self) {
        self.forwarded = None;
        self.refused = 0;
    }

    /// What there is, to a client that said EHLO.
    pub(super) fn offer(&mut self) {
        let size = format!("SIZE {}", self.settings.max_size);
        let mut lines = vec![self.settings.host.as_str(), "PIPELINING", &size];
        if matches!(self.tls, Tls::Offered | Tls::Required) {
            lines.push("STARTTLS");
        }
        lines.extend(["ENHANCEDSTATUSCODES", "8BITMIME", "DSN", "SMTPUTF8"]);
        if self.listed {
            lines.push("XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE");
        }
        let reply = Reply::of_lines(Code::OK, lines);
        self.say(&reply);
    }
}

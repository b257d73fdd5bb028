//! What a server offers in its reply to EHLO (RFC 5321 section 4.1.1.1).

use crate::reply::Reply;

/// The extensions that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Offer {
    /// SIZE
    pub size: Option<SizeLimit>,
    /// PIPELINING
    pub pipelining: bool,
    /// 8BITMIME
    pub eight_bit: bool,
    /// SMTPUTF8
    pub smtputf8: bool,
    /// DSN
    pub dsn: bool,
    /// STARTTLS
    pub starttls: bool,
    /// AUTH with PLAIN
    pub auth_plain: bool,
}

/// What stands behind SIZE (RFC 1870 section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizeLimit {
    /// Nothing, or 0.
    Unknown,
    /// Bytes.
    Bytes(u64),
}

impl Offer {
    /// Reads the lines behind the first.
    pub(super) fn read(reply: &Reply) -> Self {
        let mut offer = Self::default();
        for line in reply.lines().iter().skip(1) {
            let mut words = line.split([' ', '=']).filter(|word| !word.is_empty());
            let keyword = words.next().unwrap_or_default().to_ascii_uppercase();
            match keyword.as_str() {
                "SIZE" => {
                    let limit = words.next().and_then(|word| word.parse().ok());
                    offer.size = Some(match limit {
                        None | Some(0) => SizeLimit::Unknown,
                        Some(bytes) => SizeLimit::Bytes(bytes),
                    });
                }
                "PIPELINING" => offer.pipelining = true,
                "8BITMIME" => offer.eight_bit = true,
                "SMTPUTF8" => offer.smtputf8 = true,
                "DSN" => offer.dsn = true,
                "STARTTLS" => offer.starttls = true,
                "AUTH" => offer.auth_plain |= words.any(|word| word.eq_ignore_ascii_case("PLAIN")),
                _ => {}
            }
        }
        offer
    }

    /// A mail of `size` bytes is more than it takes.
    #[must_use]
    pub fn is_too_large(&self, size: u64) -> bool {
        matches!(self.size, Some(SizeLimit::Bytes(limit)) if size > limit)
    }
}

//! The mark that a mail has been here: what comes back with it is in a loop.
//!
//! ```text
//! X-Depesche-Trace: HOST; base64url(HMAC-SHA-256(key, T || hash of the Message-ID || sender || recipients))
//! ```
//! It is bound to the envelope: a mailing list or a forward that sends the same mail to somebody else is no loop.
//! Whoever writes the header himself without the key gains nothing; it is removed.

use data_encoding::BASE64URL_NOPAD;
use depesche_seal::primitives::{equal, hmac_sha256};
use zeroize::Zeroizing;

use crate::header::Field;

/// The header's name.
pub(crate) const NAME: &str = "X-Depesche-Trace";
const LABEL: &[u8] = b"depesche mail trace 1\0";

/// Makes marks and knows its own.
pub struct Tracer {
    host: String,
    key: Zeroizing<Vec<u8>>,
}

impl Tracer {
    /// `host` names this gateway; `key` is its own.
    pub fn new(host: String, key: Zeroizing<Vec<u8>>) -> Self {
        Self { host, key }
    }

    fn code(&self, thread: Option<&[u8; 32]>, sender: &str, recipients: &[&str]) -> [u8; 32] {
        let mut sorted: Vec<String> = recipients.iter().map(|r| r.to_lowercase()).collect();
        sorted.sort_unstable();
        let recipients = sorted.join("\0");
        let none = [0; 32];
        hmac_sha256(
            &self.key,
            &[
                LABEL,
                thread.unwrap_or(&none),
                sender.to_lowercase().as_bytes(),
                b"\0",
                recipients.as_bytes(),
            ],
        )
    }

    /// The header field for a mail that leaves.
    pub(crate) fn line(
        &self,
        thread: Option<&[u8; 32]>,
        sender: &str,
        recipients: &[&str],
    ) -> String {
        let code = BASE64URL_NOPAD.encode(&self.code(thread, sender, recipients));
        format!("{NAME}: {};\r\n {code}\r\n", self.host)
    }

    /// What the field says; none for another gateway's mark.
    pub(crate) fn judge(
        &self,
        field: &Field<'_>,
        thread: Option<&[u8; 32]>,
        sender: &str,
        recipients: &[&str],
    ) -> Option<Mark> {
        let text = field.text();
        let (host, code) = text.split_once(';')?;
        if !host.trim().eq_ignore_ascii_case(&self.host) {
            return None;
        }
        let given = BASE64URL_NOPAD.decode(code.trim().as_bytes());
        let own = self.code(thread, sender, recipients);
        Some(match given {
            Ok(given) if equal(&given, &own) => Mark::Own,
            _ => Mark::Other,
        })
    }
}

/// A mark with our name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Made here for this very mail: it is in a loop.
    Own,
    /// Made for another envelope, or by somebody else.
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::fields;

    #[test]
    fn only_the_same_mail_to_the_same_people_is_in_a_loop() {
        let tracer = Tracer::new("gw.test".into(), Zeroizing::new(vec![7; 32]));
        let thread = Some(&[1; 32]);
        let line = tracer.line(thread, "a@corp.test", &["x@y.test", "B@y.test"]);
        let found = fields(line.as_bytes());
        let judge = |thread, sender, to: &[&str]| tracer.judge(&found[0], thread, sender, to);
        let same = ["b@y.test", "X@y.test"];
        assert_eq!(judge(thread, "A@corp.test", &same), Some(Mark::Own));
        assert_eq!(
            judge(thread, "a@corp.test", &["x@y.test"]),
            Some(Mark::Other)
        );
        assert_eq!(judge(thread, "list@y.test", &same), Some(Mark::Other));
        assert_eq!(
            judge(Some(&[2; 32]), "a@corp.test", &same),
            Some(Mark::Other)
        );
        let forged = Tracer::new("gw.test".into(), Zeroizing::new(vec![8; 32]));
        assert_eq!(
            forged.judge(&found[0], thread, "a@corp.test", &same),
            Some(Mark::Other)
        );
        let elsewhere = Tracer::new("gw2.test".into(), Zeroizing::new(vec![7; 32]));
        assert_eq!(
            elsewhere.judge(&found[0], thread, "a@corp.test", &same),
            None
        );
    }
}

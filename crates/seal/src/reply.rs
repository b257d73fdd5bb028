//! The reply link of a protected mail: it stands in the PDF alone, and holding it is the proof.
//!
//! `https://HOST/r/<token>#1.<RS>`, RS in 52 characters of base32. What is derived from RS:
//!
//! | derived | for |
//! |-|-|
//! | auth | shown to the server, which keeps its SHA-256 |
//! | the quote's key | the quote waits sealed at the server, and is opened where the reply is written |
//!
//! The quote names the gateway's key: whoever has the PDF takes no other key from the server.

use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::format::FormatError;
use crate::key::{Fingerprint, ForReply, Key, ReplyToken};
use crate::link::Auth;
use crate::namespace::Namespace;
use crate::primitives::{self, KEY_LEN, Secret};
use crate::stream::{self, StreamError, StreamHeader};

/// Characters of RS in base32.
const SECRET_TEXT: usize = 52;
const PREFIX: &str = "1.";
/// Most bytes of the text in a quote.
pub const MAX_QUOTE: usize = 64 << 10;

/// A reply link or quote cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// No URL that ends in `/r/` and a token.
    #[error("this is not a reply link; open it from the PDF")]
    NotAReply,
    /// The part behind `#` is of another version.
    #[error("this link was made by a newer program; update this one")]
    Version,
    /// Characters are missing behind the `#`, or it is mistyped.
    #[error("the end of the link is missing or mistyped; open it from the PDF")]
    Cut,
    /// The quote is damaged, or of another link.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// What is inside is no quote.
    #[error("the quote cannot be read")]
    Quote,
}

impl ReplyError {
    /// A stable word for logs, vectors and other programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAReply => "reply_form",
            Self::Version => "reply_version",
            Self::Cut => "reply_cut",
            Self::Stream(error) => error.code(),
            Self::Quote => "quote",
        }
    }
}

/// RS: 32 random bytes, fresh for every PDF.
pub type ReplySecret = Key<ForReply>;

impl Key<ForReply> {
    fn derive_reply(&self, token: &ReplyToken, label: Namespace) -> Secret {
        primitives::kdf(self.expose(), token.as_bytes(), &[label.label()])
    }

    /// What whoever replies shows; the server keeps its hash.
    #[must_use]
    pub fn reply_auth(&self, token: &ReplyToken) -> Auth {
        Auth::from_bytes(&self.derive_reply(token, Namespace::ReplyAuth))
    }

    /// 52 characters of lower-case base32.
    #[must_use]
    pub fn to_base32(&self) -> Zeroizing<String> {
        let mut text = BASE32_NOPAD.encode(self.expose());
        text.make_ascii_lowercase();
        Zeroizing::new(text)
    }

    /// Reads [`Key::to_base32`], in upper case too.
    ///
    /// # Errors
    /// [`FormatError::Text`].
    pub fn parse_base32(text: &str) -> Result<Self, FormatError> {
        if text.len() != SECRET_TEXT {
            return Err(FormatError::Text);
        }
        let upper = Zeroizing::new(text.to_ascii_uppercase());
        let mut bytes = [0; KEY_LEN];
        match BASE32_NOPAD.decode_mut(upper.as_bytes(), &mut bytes) {
            Ok(KEY_LEN) => Ok(Self::take(&mut bytes)),
            _ => {
                bytes.zeroize();
                Err(FormatError::Text)
            }
        }
    }

    /// Seals a quote; `header` is made of fresh random bytes, and used for this token alone.
    ///
    /// # Errors
    /// [`ReplyError::Stream`] for one that is too large.
    pub fn seal_quote(
        &self,
        token: &ReplyToken,
        header: StreamHeader,
        quote: &Quote,
    ) -> Result<Vec<u8>, ReplyError> {
        let text = Zeroizing::new(serde_json::to_vec(quote).map_err(|_| ReplyError::Quote)?);
        let key: ReplySecret = Key::from_bytes(&self.derive_reply(token, Namespace::ReplyQuote));
        Ok(stream::seal(&key, header, &quote_aad(token), &text)?)
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`ReplyError::Stream`], [`ReplyError::Quote`].
    pub fn open_quote(&self, token: &ReplyToken, sealed: &[u8]) -> Result<Quote, ReplyError> {
        let key: ReplySecret = Key::from_bytes(&self.derive_reply(token, Namespace::ReplyQuote));
        let text = stream::open(&key, &quote_aad(token), sealed)?;
        // Members without names, in a list, are for no other reader.
        if !text.trim_ascii_start().starts_with(b"{") {
            return Err(ReplyError::Quote);
        }
        let quote: Quote = serde_json::from_slice(&text).map_err(|_| ReplyError::Quote)?;
        if quote.v != 1 {
            return Err(ReplyError::Quote);
        }
        Ok(quote)
    }
}

fn quote_aad(token: &ReplyToken) -> Vec<u8> {
    [Namespace::ReplyQuote.label(), token.as_bytes()].concat()
}

/// What is answered, as the reply page shows it. No `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// 1.
    pub v: u8,
    /// Of the mail.
    pub subject: String,
    /// Who wrote.
    pub from: QuoteFrom,
    /// When, ms.
    pub date: i64,
    /// Plain text, at most [`MAX_QUOTE`] bytes.
    pub text: String,
    /// Fingerprint of the gateway's key, base64url.
    pub gateway: String,
}

/// Who wrote what is answered.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteFrom {
    /// May be empty.
    pub name: String,
    /// The address.
    pub email: String,
}

impl Quote {
    /// To which key of the gateway the reply is sealed.
    ///
    /// # Errors
    /// [`ReplyError::Quote`].
    pub fn gateway(&self) -> Result<Fingerprint, ReplyError> {
        Fingerprint::parse(&self.gateway).map_err(|_| ReplyError::Quote)
    }
}

/// A reply link as it stands in the PDF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyLink {
    /// All before the page, without a slash at the end: `https://HOST`.
    pub base: String,
    /// In the path.
    pub token: ReplyToken,
    /// Behind the `#`.
    pub secret: ReplySecret,
}

impl ReplyLink {
    /// Reads a link, with `#` or `%23`, with white space and `<>` around it.
    ///
    /// # Errors
    /// [`ReplyError::NotAReply`], [`ReplyError::Version`], [`ReplyError::Cut`].
    pub fn parse(text: &str) -> Result<Self, ReplyError> {
        let text = text.trim().trim_start_matches('<').trim_end_matches('>');
        let (path, fragment) = match text.split_once('#').or_else(|| text.split_once("%23")) {
            Some((path, fragment)) => (path, Some(fragment)),
            None => (text, None),
        };
        let path = path.trim_end_matches('/');
        let (rest, token) = path.rsplit_once('/').ok_or(ReplyError::NotAReply)?;
        let base = rest.strip_suffix("/r").ok_or(ReplyError::NotAReply)?;
        let host = base
            .strip_prefix("https://")
            .or_else(|| base.strip_prefix("http://"));
        if host.is_none_or(str::is_empty) {
            return Err(ReplyError::NotAReply);
        }
        let token = ReplyToken::parse(token).map_err(|_| ReplyError::NotAReply)?;
        let fragment = fragment.ok_or(ReplyError::Cut)?;
        if PREFIX.starts_with(fragment) {
            return Err(ReplyError::Cut);
        }
        let secret = fragment.strip_prefix(PREFIX).ok_or(ReplyError::Version)?;
        Ok(Self {
            base: base.to_owned(),
            token,
            secret: ReplySecret::parse_base32(secret).map_err(|_| ReplyError::Cut)?,
        })
    }

    /// The link.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let secret = self.secret.to_base32();
        let (base, token) = (&self.base, self.token.to_string());
        Zeroizing::new([base, "/r/", &token, "#", PREFIX, &secret].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link() -> ReplyLink {
        ReplyLink {
            base: "https://portal.example".into(),
            token: ReplyToken::from_bytes([7; 16]),
            secret: ReplySecret::from_bytes(&[9; 32]),
        }
    }

    #[test]
    fn a_link_is_read_as_mail_programs_leave_it() {
        let text = link().to_text();
        assert_eq!(ReplyLink::parse(&text), Ok(link()));
        let upper = text.replace("#1.", "%231.");
        assert_eq!(ReplyLink::parse(&format!(" <{upper}> ")), Ok(link()));
        let cut = &text[..text.len() - 1];
        assert_eq!(ReplyLink::parse(cut), Err(ReplyError::Cut));
        let bare = text.split('#').next().unwrap_or_default();
        assert_eq!(ReplyLink::parse(bare), Err(ReplyError::Cut));
        assert_eq!(
            ReplyLink::parse(&text.replace("/r/", "/d/")),
            Err(ReplyError::NotAReply)
        );
        assert_eq!(
            ReplyLink::parse(&text.replace("#1.", "#2.")),
            Err(ReplyError::Version)
        );
    }

    #[test]
    fn a_quote_opens_with_its_own_link_alone() {
        let (link, header) = (
            link(),
            StreamHeader::from_random(&[3; StreamHeader::RANDOM]),
        );
        let quote = Quote {
            v: 1,
            subject: "Befund".into(),
            from: QuoteFrom {
                name: "Anna".into(),
                email: "anna@example.test".into(),
            },
            date: 1,
            text: "Guten Tag".into(),
            gateway: Fingerprint::from_bytes([1; 32]).to_string(),
        };
        let sealed = link.secret.seal_quote(&link.token, header, &quote).unwrap();
        assert!(link.secret.open_quote(&link.token, &sealed) == Ok(quote.clone()));
        let other = ReplyToken::from_bytes([8; 16]);
        assert!(link.secret.open_quote(&other, &sealed).is_err());
        let wrong = ReplySecret::from_bytes(&[8; 32]);
        assert!(wrong.open_quote(&link.token, &sealed).is_err());
        assert_eq!(quote.gateway(), Ok(Fingerprint::from_bytes([1; 32])));
        assert!(!format!("{:?}", link.secret).contains('9'));
    }
}

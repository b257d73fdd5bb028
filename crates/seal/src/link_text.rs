//! What people carry: the link as a URL, and the code they type when its fragment is gone.
//!
//! Links in mail get mangled: scanners turn `#` into `%23` or cut the fragment. So both forms are
//! read, and a link without its secret is told apart from a wrong one.
//!
//! The **typed code** is the 32 characters of the secret in 8 groups of 4, and one check letter:
//! `aaaa-bbbb-…-hhhh-k`. The letter is a symbol of the same alphabet, computed in GF(32) modulo
//! x^5 + x^2 + 1 (a symbol's value is its five bits): from c = 0, for each of the 32 symbols v,
//! c = (c + v)·x; the letter is the symbol of c. It tells every single wrong character and every two
//! that changed places (but the second with the letter itself).

use zeroize::Zeroizing;

use crate::key::LinkId;
use crate::link::{LinkSecret, SECRET_TEXT};

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const VERSION: &str = "1.";
const GROUP: usize = 4;

/// A link or code that cannot be read. Carries nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkTextError {
    /// No URL that ends in `/d/` or `/a/` and an id.
    #[error("this is not a link to a delivery; copy it whole from the mail")]
    NotALink,
    /// The part behind `#` is of another version.
    #[error("this link was made by a newer program; update this one")]
    Version,
    /// Characters are missing behind the `#`.
    #[error("the end of the link is missing; copy it whole, or type the code from the mail")]
    Cut,
    /// There are too many characters behind the `#`, or one that cannot be there.
    #[error("the end of the link is mistyped; copy it, or type the code from the mail")]
    Mistyped,
    /// Not 33 characters.
    #[error(
        "the code has 8 groups of 4 characters and a check letter; some are missing or too many"
    )]
    CodeLength,
    /// A character that is in no code.
    #[error(
        "the code contains a character that is in no code; it has letters and the digits 2 to 7"
    )]
    CodeCharacter,
    /// The check letter does not fit.
    #[error("the code is mistyped: its check letter does not fit")]
    CodeCheck,
}

impl LinkTextError {
    /// A stable word for logs, vectors and other programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotALink => "link_form",
            Self::Version => "link_version",
            Self::Cut => "link_cut",
            Self::Mistyped => "link_mistyped",
            Self::CodeLength => "code_length",
            Self::CodeCharacter => "code_character",
            Self::CodeCheck => "code_check",
        }
    }
}

/// Which page a link leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPage {
    /// `/d/`: a delivery.
    Delivery,
    /// `/a/`: an attachment of a protected mail.
    Attachment,
}

/// A link as somebody got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// All before the page, without a slash at the end: `https://HOST`.
    pub base: String,
    /// Where it leads.
    pub page: LinkPage,
    /// Whose record.
    pub id: LinkId,
    /// None where the fragment is gone: the code must be asked for.
    pub secret: Option<LinkSecret>,
}

impl Link {
    /// Reads a link, with `#` or what mail programs make of it, with white space and `<>` around it.
    ///
    /// # Errors
    /// Each of [`LinkTextError`] but those of the code.
    pub fn parse(text: &str) -> Result<Self, LinkTextError> {
        let text = text.trim().trim_start_matches('<').trim_end_matches('>');
        let (path, fragment) = match text.split_once('#').or_else(|| text.split_once("%23")) {
            Some((path, fragment)) => (path, Some(fragment)),
            None => (text, None),
        };
        let path = path.trim_end_matches('/');
        let (rest, id) = path.rsplit_once('/').ok_or(LinkTextError::NotALink)?;
        let (base, page) = rest.rsplit_once('/').ok_or(LinkTextError::NotALink)?;
        let page = match page {
            "d" => LinkPage::Delivery,
            "a" => LinkPage::Attachment,
            _ => return Err(LinkTextError::NotALink),
        };
        let host = base
            .strip_prefix("https://")
            .or_else(|| base.strip_prefix("http://"));
        if host.is_none_or(str::is_empty) {
            return Err(LinkTextError::NotALink);
        }
        Ok(Self {
            base: base.to_owned(),
            page,
            id: LinkId::parse(id).map_err(|_| LinkTextError::NotALink)?,
            secret: fragment.map_or(Ok(None), |text| parse_fragment(text).map(Some))?,
        })
    }

    /// The link as it is handed out; without its secret where there is none.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let page = match self.page {
            LinkPage::Delivery => 'd',
            LinkPage::Attachment => 'a',
        };
        let mut text = Zeroizing::new(format!("{}/{page}/{}", self.base, self.id));
        if let Some(secret) = &self.secret {
            text.push('#');
            text.push_str(&fragment(secret));
        }
        text
    }
}

/// `1.` and the secret: what stands behind the `#`.
#[must_use]
pub fn fragment(secret: &LinkSecret) -> Zeroizing<String> {
    Zeroizing::new([VERSION, &secret.to_text()].concat())
}

/// Reads [`fragment`], in any case.
///
/// # Errors
/// [`LinkTextError::Version`], [`LinkTextError::Cut`], [`LinkTextError::Mistyped`].
pub fn parse_fragment(text: &str) -> Result<LinkSecret, LinkTextError> {
    if VERSION.starts_with(text) {
        return Err(LinkTextError::Cut);
    }
    let secret = text.strip_prefix(VERSION).ok_or(LinkTextError::Version)?;
    let all = secret.bytes().all(|byte| value(byte).is_some());
    if all && secret.len() < SECRET_TEXT {
        return Err(LinkTextError::Cut);
    }
    LinkSecret::parse_text(secret).map_err(|_| LinkTextError::Mistyped)
}

/// The code to be typed: 8 groups of 4 and the check letter, with hyphens.
#[must_use]
pub fn code(secret: &LinkSecret) -> Zeroizing<String> {
    let text = secret.to_text();
    let mut out = Zeroizing::new(String::with_capacity(SECRET_TEXT + SECRET_TEXT / GROUP + 1));
    for (at, character) in text.chars().enumerate() {
        if at > 0 && at % GROUP == 0 {
            out.push('-');
        }
        out.push(character);
    }
    out.push('-');
    out.push(char::from(check_letter(text.as_bytes())));
    out
}

/// Reads a typed code: any case, white space and hyphens anywhere, `0` as o, `1` as l, `8` as b.
///
/// # Errors
/// [`LinkTextError::CodeLength`], [`LinkTextError::CodeCharacter`], [`LinkTextError::CodeCheck`].
pub fn parse_code(text: &str) -> Result<LinkSecret, LinkTextError> {
    let mut typed = Zeroizing::new(Vec::with_capacity(text.len()));
    for character in text.chars() {
        match character {
            '-' => {}
            c if c.is_whitespace() => {}
            '0' => typed.push(b'o'),
            '1' => typed.push(b'l'),
            '8' => typed.push(b'b'),
            c if value_of(c).is_some() => typed.push(c.to_ascii_lowercase() as u8),
            _ => return Err(LinkTextError::CodeCharacter),
        }
    }
    let (&letter, symbols) = typed.split_last().ok_or(LinkTextError::CodeLength)?;
    if symbols.len() != SECRET_TEXT {
        return Err(LinkTextError::CodeLength);
    }
    if check_letter(symbols) != letter {
        return Err(LinkTextError::CodeCheck);
    }
    let symbols = std::str::from_utf8(symbols).map_err(|_| LinkTextError::CodeCharacter)?;
    LinkSecret::parse_text(symbols).map_err(|_| LinkTextError::CodeCharacter)
}

fn value(symbol: u8) -> Option<u8> {
    match symbol.to_ascii_lowercase() {
        letter @ b'a'..=b'z' => Some(letter - b'a'),
        digit @ b'2'..=b'7' => Some(digit - b'2' + 26),
        _ => None,
    }
}

fn value_of(character: char) -> Option<u8> {
    u8::try_from(character).ok().and_then(value)
}

fn check_letter(symbols: &[u8]) -> u8 {
    let check = symbols.iter().fold(0_u8, |check, &symbol| {
        let sum = (check ^ value(symbol).unwrap_or(0)) << 1;
        if sum & 0b10_0000 == 0 {
            sum
        } else {
            sum ^ 0b10_0101
        }
    });
    ALPHABET[usize::from(check)]
}

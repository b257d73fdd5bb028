//! What the code on the screen says: the URL of a handoff.
//!
//! `https://HOST/h/<id>#1.<HS>` is an offer, `#2.` asks: whoever opens it puts something in. Ids and HS are
//! base64url, so that the URL of a host of 27 characters is a code of 37 × 37 modules.

use zeroize::Zeroizing;

use crate::handoff::HandoffSecret;
use crate::key::HandoffId;

const SECRET_TEXT: usize = 43;

/// A URL that cannot be read. Carries nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandoffTextError {
    /// No URL that ends in `/h/` and an id.
    #[error("this is not a handoff; scan the code again, or copy the address whole")]
    NotAHandoff,
    /// The part behind `#` is of another version.
    #[error("this handoff was made by a newer program; update this one")]
    Version,
    /// Characters are missing behind the `#`, or all of it.
    #[error("the end of the address is missing; scan the code again, or copy it whole")]
    Cut,
    /// Too many characters, or one that cannot be there.
    #[error("the end of the address is mistyped; scan the code again, or copy it")]
    Mistyped,
}

impl HandoffTextError {
    /// A stable word for logs, vectors and other programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAHandoff => "handoff_form",
            Self::Version => "handoff_version",
            Self::Cut => "handoff_cut",
            Self::Mistyped => "handoff_mistyped",
        }
    }
}

/// What the device that scans is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// `#1.`: take what is in it.
    Take,
    /// `#2.`: put something in.
    Fill,
}

impl Direction {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Take => "1.",
            Self::Fill => "2.",
        }
    }
}

/// A handoff as it is scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandoffUrl {
    /// All before the page, without a slash at the end: `https://HOST`.
    pub base: String,
    /// Which slot.
    pub id: HandoffId,
    /// Which way.
    pub direction: Direction,
    /// HS.
    pub secret: HandoffSecret,
}

impl HandoffUrl {
    /// Reads the URL, with `#` or `%23`, with white space and `<>` around it.
    ///
    /// # Errors
    /// Each of [`HandoffTextError`].
    pub fn parse(text: &str) -> Result<Self, HandoffTextError> {
        let text = text.trim().trim_start_matches('<').trim_end_matches('>');
        let (path, fragment) = match text.split_once('#').or_else(|| text.split_once("%23")) {
            Some((path, fragment)) => (path, Some(fragment)),
            None => (text, None),
        };
        let path = path.trim_end_matches('/');
        let (rest, id) = path.rsplit_once('/').ok_or(HandoffTextError::NotAHandoff)?;
        let base = rest
            .strip_suffix("/h")
            .ok_or(HandoffTextError::NotAHandoff)?;
        let host = base
            .strip_prefix("https://")
            .or_else(|| base.strip_prefix("http://"));
        if host.is_none_or(str::is_empty) {
            return Err(HandoffTextError::NotAHandoff);
        }
        let id = HandoffId::parse(id).map_err(|_| HandoffTextError::NotAHandoff)?;
        let (direction, secret) = parse_fragment(fragment.ok_or(HandoffTextError::Cut)?)?;
        Ok(Self {
            base: base.to_owned(),
            id,
            direction,
            secret,
        })
    }

    /// The URL. Whoever reads it may take what is in the slot.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let (base, id, prefix) = (&self.base, self.id, self.direction.prefix());
        let secret = self.secret.to_text();
        Zeroizing::new([base, "/h/", &id.to_string(), "#", prefix, &secret].concat())
    }
}

/// Reads what stands behind the `#`.
///
/// # Errors
/// [`HandoffTextError::Version`], [`HandoffTextError::Cut`], [`HandoffTextError::Mistyped`].
pub fn parse_fragment(text: &str) -> Result<(Direction, HandoffSecret), HandoffTextError> {
    let both = [Direction::Take, Direction::Fill];
    if both.iter().any(|way| way.prefix().starts_with(text)) {
        return Err(HandoffTextError::Cut);
    }
    let found = both
        .into_iter()
        .find_map(|way| Some((way, text.strip_prefix(way.prefix())?)));
    let (direction, secret) = found.ok_or(HandoffTextError::Version)?;
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if secret.len() < SECRET_TEXT && secret.bytes().all(known) {
        return Err(HandoffTextError::Cut);
    }
    let secret = HandoffSecret::parse_text(secret).map_err(|_| HandoffTextError::Mistyped)?;
    Ok((direction, secret))
}

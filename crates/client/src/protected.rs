//! The password for protected mail, set from the command line: derived here, as in the browser.

use std::collections::HashSet;

use depesche_api::{B64, PasswordIsSet, PasswordLink, PasswordSet, PasswordToken, SetPassword};
use depesche_pdfkey::credential::{Credential, Salts};
use depesche_pdfkey::password::{Password, PasswordError};
use unicode_normalization::UnicodeNormalization as _;

use crate::fault::Fault;
use crate::http::{CallError, Server};
use crate::world::World;

/// Sets that are made of one password.
const SETS: usize = 16;
/// Guesses it must withstand, as a power of ten: each PDF is an oracle that answers without end.
const GUESSES: f64 = 15.0;
/// Longer ones are judged by their beginning: judging takes too long.
const MOST: usize = 80;

/// The password is not set.
#[derive(Debug, thiserror::Error)]
pub enum ProtectedError {
    /// Some PDF readers would not open with it.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// It can be guessed.
    #[error(
        "this password can be guessed too quickly; take five words that have nothing to do with each other"
    )]
    Weak,
    /// The link is none.
    #[error(
        "this is no link to set a password; copy it from the mail whole, such as https://depesche.example.org/p/…"
    )]
    NotALink,
    /// The server.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl ProtectedError {
    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Password(_) | Self::Weak | Self::NotALink => Fault::Usage,
            Self::Call(error) => error.fault(),
        }
    }

    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Password(error) => error.code(),
            Self::Weak => "weak_password",
            Self::NotALink => "not_a_link",
            Self::Call(error) => error.code(),
        }
    }
}

/// Where a password link leads, and its token.
///
/// # Errors
/// [`ProtectedError::NotALink`].
pub fn read_link(text: &str) -> Result<(String, String), ProtectedError> {
    let text: String = text.split_whitespace().collect();
    let text = text.trim_start_matches('<').trim_end_matches('>');
    let (base, token) = text.split_once("/p/").ok_or(ProtectedError::NotALink)?;
    let token = token.split(['?', '#', '/']).next().unwrap_or_default();
    if base.is_empty() || token.is_empty() {
        return Err(ProtectedError::NotALink);
    }
    Ok((base.to_owned(), token.to_owned()))
}

/// Whether a password withstands guessing. `known`: what an attacker tries first.
#[must_use]
pub fn is_strong(password: &str, known: &[&str]) -> bool {
    let text: String = password.nfc().take(MOST).collect();
    let inputs: Vec<&str> = known
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.chars().count() > 2)
        .collect();
    let guesses = zxcvbn::zxcvbn(&text, &inputs).guesses_log10();
    guesses >= GUESSES && words_guesses(&text) >= GUESSES
}

/// Words of a list of 7,776 are guessed as words, in whatever language: a common estimator takes foreign ones for
/// random letters.
fn words_guesses(text: &str) -> f64 {
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .collect();
    let letters = |word: &&str| word.chars().all(char::is_alphabetic) && word.chars().count() <= 12;
    if words.len() < 2 || !words.iter().all(letters) {
        return f64::INFINITY;
    }
    let different: HashSet<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let count = u32::try_from(different.len()).unwrap_or(u32::MAX);
    f64::from(count) * 7776_f64.log10()
}

/// Sets the password of whoever the link was mailed to. It never leaves this machine.
///
/// # Errors
/// [`ProtectedError`].
pub async fn set(
    server: &Server,
    token: &str,
    password: &str,
    world: World,
) -> Result<PasswordIsSet, ProtectedError> {
    let parsed = Password::parse(password)?;
    let token = PasswordToken {
        token: token.to_owned(),
    };
    let link: PasswordLink = server.password_link(&token).await?;
    if !is_strong(password, &[&link.email]) {
        return Err(ProtectedError::Weak);
    }
    let set = |_| {
        let salts = Salts {
            validation: world.draw(),
            key: world.draw(),
        };
        let credential = Credential::derive(&parsed, salts);
        PasswordSet {
            user: B64(credential.user().as_bytes().to_vec()),
            key: B64(credential.key().expose().to_vec()),
        }
    };
    let sets = SetPassword {
        token: token.token,
        sets: (0..SETS).map(set).collect(),
    };
    Ok(server.set_password(&sets).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_words_are_too_few_in_any_language() {
        for weak in [
            "sommer2026",
            "kiefer tasse mond",
            "jablko most okno",
            "kiefer kiefer kiefer kiefer kiefer kiefer",
            "eva.novakova.firma",
        ] {
            assert!(!is_strong(weak, &["eva.novakova@firma.example"]), "{weak}");
        }
        for strong in ["kiefer tasse mond regal uhr", "xK4-pvQ9z!mTe7Lw2"] {
            assert!(is_strong(strong, &["eva@firma.example"]), "{strong}");
        }
    }

    #[test]
    fn a_link_is_read_as_it_was_copied() {
        let read = |text| read_link(text).ok();
        let is = Some(("https://h.example".to_owned(), "abc".to_owned()));
        assert_eq!(read("https://h.example/p/abc"), is);
        assert_eq!(read(" <https://h.example/p/abc?x>\n"), is);
        assert_eq!(read("https://h.example/d/abc"), None);
        assert_eq!(read("https://h.example/p/"), None);
    }
}

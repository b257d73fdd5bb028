//! A Sieve script to a bundle: kept whole, as a server runs it, and not taken apart.

use crate::bundle::content::{Native, Rule};
use crate::bundle::stamp::Stamp;
use crate::bundle::whole::{Bundle, Opened};
use crate::extra::Extra;
use crate::loss::Loss;

/// Why a file is no script.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No command in it.
    #[error("this file has no Sieve command in it")]
    NoCommand,
}

/// Puts a script into a bundle as one rule called `name`. Other programs than Sieve servers cannot run
/// it, so each writer of another format lists it as a loss.
///
/// # Errors
/// A text without any command.
pub fn read(text: &str, name: &str, stamp: &Stamp) -> Result<Opened, Error> {
    let is_command = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    if text.lines().find(is_command).is_none() {
        return Err(Error::NoCommand);
    }
    let mut bundle = Bundle::new(&stamp.id, &stamp.created, "sieve");
    bundle.rules.push(Rule {
        id: "rule-1".to_owned(),
        name: name.to_owned(),
        enabled: Some(true),
        when: vec!["incoming".to_owned()],
        native: Some(Native {
            format: "sieve".to_owned(),
            text: text.to_owned(),
            extra: Extra::default(),
        }),
        ..Rule::default()
    });
    let notes = vec![Loss::of("rules", "rule-1", "kept-as-sieve")];
    Ok(Opened { bundle, notes })
}

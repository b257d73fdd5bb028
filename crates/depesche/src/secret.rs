//! Secrets come from the environment, a file or a prompt; never from the arguments, which others can see.

use std::io::IsTerminal as _;
use std::path::Path;

use anyhow::Context as _;
use zeroize::Zeroizing;

/// A secret that is needed and was not given, and nobody is there to be asked.
#[derive(Debug, thiserror::Error)]
#[error("{what} is missing: set {variable}, or run this in a terminal")]
pub(crate) struct Missing {
    what: &'static str,
    variable: &'static str,
}

/// A secret from `variable`, from the first line of `file`, or asked for on the terminal.
///
/// # Errors
/// [`Missing`]; the file cannot be read.
pub(crate) fn password(
    variable: &'static str,
    file: Option<&Path>,
    what: &'static str,
) -> anyhow::Result<Zeroizing<String>> {
    match given(variable, file)? {
        Some(secret) => Ok(secret),
        None => ask(what).ok_or_else(|| Missing { what, variable }.into()),
    }
}

/// As [`password`], asked for twice.
///
/// # Errors
/// [`Missing`]; the file cannot be read; the two differ.
pub(crate) fn new_password(
    variable: &'static str,
    file: Option<&Path>,
    what: &'static str,
) -> anyhow::Result<Zeroizing<String>> {
    if let Some(secret) = given(variable, file)? {
        return Ok(secret);
    }
    let first = ask(what).ok_or(Missing { what, variable })?;
    let second = ask("The same again").ok_or(Missing { what, variable })?;
    anyhow::ensure!(first == second, "the two are not the same; try again");
    Ok(first)
}

fn given(variable: &str, file: Option<&Path>) -> anyhow::Result<Option<Zeroizing<String>>> {
    if let Some(path) = file {
        let text = std::fs::read_to_string(path)
            .map(Zeroizing::new)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let line = text.lines().next().unwrap_or_default();
        return Ok(Some(Zeroizing::new(line.to_owned())));
    }
    Ok(std::env::var(variable).ok().map(Zeroizing::new))
}

/// None if nobody is there.
fn ask(what: &str) -> Option<Zeroizing<String>> {
    if !is_interactive() {
        return None;
    }
    rpassword::prompt_password(format!("{what}: "))
        .ok()
        .map(Zeroizing::new)
}

/// Whether somebody can be asked.
pub(crate) fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

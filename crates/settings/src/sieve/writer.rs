//! Rules to a Sieve script for one account. What Sieve cannot say stands in it as a comment, and is a
//! loss: a rule that does half of what it did is worse than none.

use std::collections::BTreeSet;

use crate::bundle::account::Account;
use crate::bundle::content::{Action, Condition, Rule};
use crate::bundle::whole::Bundle;
use crate::folder_uri::FolderUri;
use crate::loss::Loss;

/// RFC 6838 media type.
pub const MEDIA_TYPE: &str = "application/sieve";

/// A script, and what it does not carry.
#[derive(Debug)]
pub struct Written {
    /// UTF-8.
    pub bytes: Vec<u8>,
    /// What stays behind.
    pub losses: Vec<Loss>,
}

/// What a test or an action needs, and its text.
struct Piece {
    needs: Vec<&'static str>,
    text: String,
}

impl Piece {
    fn of(text: impl Into<String>) -> Self {
        Self {
            needs: Vec::new(),
            text: text.into(),
        }
    }

    fn with(need: &'static str, text: String) -> Self {
        Self {
            needs: vec![need],
            text,
        }
    }
}

/// Writes the rules of one account, or those that belong to none.
#[must_use]
pub fn write(bundle: &Bundle, account: Option<&Account>) -> Written {
    let mut needs = BTreeSet::new();
    let mut losses = Vec::new();
    let mut blocks = Vec::new();
    let owner = account.map(|account| account.id.as_str());
    for rule in bundle
        .rules
        .iter()
        .filter(|rule| rule.account.as_deref() == owner)
    {
        let script = rule
            .native
            .as_ref()
            .filter(|native| native.format == "sieve");
        if let Some(script) = script.filter(|_| rule.enabled != Some(false)) {
            return whole_script(bundle, rule, &script.text);
        }
        let mut block = format!("\n# rule: {}", one_line(&rule.name));
        if rule.enabled == Some(false) {
            block.push_str(" (disabled)\n");
            losses.push(Loss::of("rules", &rule.id, "disabled"));
        } else {
            match translate(rule, account) {
                Ok(piece) => {
                    needs.extend(piece.needs);
                    block.push('\n');
                    block.push_str(&piece.text);
                }
                Err(what) => {
                    block.push_str(&format!("\n# not expressible: {}\n", one_line(&what)));
                    losses.push(Loss::of("rules", &rule.id, "not-expressible-in-sieve"));
                }
            }
        }
        blocks.push(block);
    }
    let names: Vec<String> = needs.iter().map(|need| format!("\"{need}\"")).collect();
    let head = match names.is_empty() {
        true => String::new(),
        false => format!("require [{}];\n", names.join(", ")),
    };
    Written {
        bytes: format!("{head}{}", blocks.concat()).into_bytes(),
        losses,
    }
}

/// A script that came in whole goes out whole: its `require` must stand first, so nothing goes with it.
fn whole_script(bundle: &Bundle, rule: &Rule, script: &str) -> Written {
    let others = bundle.rules.iter().filter(|other| other.id != rule.id);
    let others = others.filter(|other| other.account == rule.account);
    let losses = others.map(|other| Loss::of("rules", &other.id, "beside-a-whole-script"));
    Written {
        losses: losses.collect(),
        bytes: script.as_bytes().to_vec(),
    }
}

/// A comment ends with its line: nothing in a name may begin a command.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// RFC 5228 section 2.4.2.
fn quoted(text: &str) -> String {
    let text: String = text.chars().filter(|c| *c != '\0').collect();
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn translate(rule: &Rule, account: Option<&Account>) -> Result<Piece, String> {
    let runs = rule.when.is_empty() || rule.when.iter().any(|when| when == "incoming");
    if !runs {
        return Err("it does not run on incoming mail".to_owned());
    }
    if rule.conditions.unread() + rule.actions.unread() > 0 {
        return Err("a part of it that was not understood".to_owned());
    }
    let mut needs = Vec::new();
    let mut take = |piece: Piece| {
        needs.extend(piece.needs);
        piece.text
    };
    let tests: Result<Vec<String>, String> = match rule.matching.as_deref() {
        Some("every-message") => Ok(Vec::new()),
        Some("all" | "any") | None => rule
            .conditions
            .iter()
            .map(|c| self::test(c).map(&mut take))
            .collect(),
        Some(other) => return Err(format!("match {other}")),
    };
    let tests = tests?;
    let actions: Result<Vec<String>, String> = rule
        .actions
        .iter()
        .map(|action| self::action(action, account).map(&mut take))
        .collect();
    let actions = actions?;
    if actions.is_empty() {
        return Err("no action".to_owned());
    }
    let test = match (tests.as_slice(), rule.matching.as_deref()) {
        ([], Some("every-message")) => "true".to_owned(),
        ([], _) => return Err("no condition".to_owned()),
        ([one], _) => one.clone(),
        (_, Some("any")) => format!("anyof ({})", tests.join(", ")),
        _ => format!("allof ({})", tests.join(", ")),
    };
    let text = format!("if {test} {{\n    {}\n}}\n", actions.join("\n    "));
    Ok(Piece { needs, text })
}

fn test(condition: &Condition) -> Result<Piece, String> {
    let value = condition.value.as_deref().unwrap_or_default();
    let cannot = || format!("{} {}", condition.field, condition.op);
    let headers = match condition.field.as_str() {
        "subject" => "\"subject\"".to_owned(),
        "from" => "\"from\"".to_owned(),
        "to" => "\"to\"".to_owned(),
        "cc" => "\"cc\"".to_owned(),
        "to or cc" => "[\"to\", \"cc\"]".to_owned(),
        "from, to, cc or bcc" => "[\"from\", \"to\", \"cc\", \"bcc\"]".to_owned(),
        "size" => return size(condition, value).ok_or_else(cannot),
        field if is_header(field) => quoted(field),
        _ => return Err(cannot()),
    };
    let how = |matcher: &str, value: &str| format!("header {matcher} {headers} {}", quoted(value));
    Ok(Piece::of(match condition.op.as_str() {
        "contains" => how(":contains", value),
        "doesn't contain" => format!("not {}", how(":contains", value)),
        "is" => how(":is", value),
        "isn't" => format!("not {}", how(":is", value)),
        "begins with" => how(":matches", &format!("{}*", literal(value))),
        "ends with" => how(":matches", &format!("*{}", literal(value))),
        _ => return Err(cannot()),
    }))
}

/// Headers that Thunderbird names itself, which are none of a mail: `body`, `age in days`, `status`, …
fn is_header(field: &str) -> bool {
    let own = ["body", "date", "priority", "status", "tag", "junk"];
    let is_name = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
    !field.is_empty() && field.bytes().all(is_name) && !own.contains(&field)
}

/// What `:matches` would take for a wildcard, RFC 5228 section 2.7.1.
fn literal(value: &str) -> String {
    let mut escaped = String::new();
    for c in value.chars() {
        if matches!(c, '*' | '?' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Thunderbird counts in KiB.
fn size(condition: &Condition, value: &str) -> Option<Piece> {
    let kib: u64 = value.parse().ok()?;
    let how = match condition.op.as_str() {
        "is greater than" => ":over",
        "is less than" => ":under",
        _ => return None,
    };
    Some(Piece::of(format!("size {how} {kib}K")))
}

fn action(action: &Action, account: Option<&Account>) -> Result<Piece, String> {
    let value = action.value.as_deref().unwrap_or_default();
    Ok(match action.kind.as_str() {
        "move" => Piece::with(
            "fileinto",
            format!("fileinto {};", folder(value, account, "move")?),
        ),
        "copy" => {
            let folder = folder(value, account, "copy")?;
            let text = format!("fileinto :copy {folder};");
            Piece {
                needs: vec!["fileinto", "copy"],
                text,
            }
        }
        "add-tag" => flag(value),
        "mark-read" => flag("\\Seen"),
        "mark-flagged" => flag("\\Flagged"),
        "forward" if is_address(value) => {
            Piece::with("copy", format!("redirect :copy {};", quoted(value)))
        }
        "delete" => trash(account)?,
        "stop" => Piece::of("stop;"),
        other => return Err(other.to_owned()),
    })
}

fn flag(name: &str) -> Piece {
    Piece::with("imap4flags", format!("addflag {};", quoted(name)))
}

fn is_address(text: &str) -> bool {
    text.contains('@') && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// The folder of an IMAP URI, if it lies on this account's server.
fn folder(uri: &str, account: Option<&Account>, verb: &str) -> Result<String, String> {
    let uri = FolderUri::parse(uri).filter(|uri| uri.scheme == "imap");
    let uri = uri.ok_or_else(|| format!("{verb} to a local folder"))?;
    let host = account.and_then(|account| account.incoming.host.as_deref());
    if host != Some(&uri.host) || uri.path.is_empty() {
        return Err(format!("{verb} to a folder of another account"));
    }
    Ok(quoted(&uri.path))
}

/// Thunderbird moves to the trash what it deletes. `discard` would be for ever, so it is never written.
fn trash(account: Option<&Account>) -> Result<Piece, String> {
    let folders = account.and_then(|account| account.folders.as_ref());
    let trash = folders.and_then(|folders| folders.get("trash"));
    let trash = trash.ok_or("delete, as the trash folder's name is unknown")?;
    Ok(Piece::with(
        "fileinto",
        format!("fileinto {};", quoted(trash)),
    ))
}

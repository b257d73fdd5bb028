//! `msgFilterRules.dat`: rules, read and written.
//!
//! Lines `key="value"` with `\"` and `\\` escaped. A rule begins with `name`; `action` lines each may have
//! an `actionValue`; `condition` is `ALL` or `AND (field,op,value) …`.

use crate::bundle::content::{Action, Condition, Native, Rule};
use crate::extra::{Extra, List};

/// Version 9 is the only one since 2008.
const NATIVE: &str = "thunderbird-msgFilterRules-9";

/// `action` as Thunderbird writes it, and as the bundle does.
const ACTIONS: &[(&str, &str)] = &[
    ("Move to folder", "move"),
    ("Copy to folder", "copy"),
    ("AddTag", "add-tag"),
    ("Mark read", "mark-read"),
    ("Mark unread", "mark-unread"),
    ("Mark flagged", "mark-flagged"),
    ("Change priority", "set-priority"),
    ("JunkScore", "set-junk-score"),
    ("Forward", "forward"),
    ("Reply", "reply"),
    ("Delete", "delete"),
    ("Delete from Pop3 server", "delete-from-server"),
    ("Leave on Pop3 server", "leave-on-server"),
    ("Fetch body from Pop3Server", "fetch-body"),
    ("Ignore thread", "ignore-thread"),
    ("Ignore subthread", "ignore-subthread"),
    ("Watch thread", "watch-thread"),
    ("Stop execution", "stop"),
    ("Run Program", "run-program"),
    ("Custom", "custom"),
];

/// `nsMsgFilterType`, bit by bit.
const TIMES: &[(u32, &str)] = &[
    (0x01, "incoming"),
    (0x10, "manual"),
    (0x20, "after-junk"),
    (0x40, "outgoing"),
    (0x80, "archive"),
    (0x100, "periodic"),
];

/// Reads a file. `account` is the account it serves; ids go on from `number`. Gives the number of lines
/// that did not fit, too.
#[must_use]
pub fn parse(text: &str, account: &str, number: usize) -> (Vec<Rule>, usize) {
    let mut rules: Vec<Rule> = Vec::new();
    let mut odd = 0;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let Some((key, value)) = pair(line) else {
            odd += 1;
            continue;
        };
        if key == "name" {
            rules.push(Rule {
                id: format!("rule-{}", number + rules.len() + 1),
                name: value.clone(),
                account: Some(account.to_owned()),
                enabled: Some(true),
                matching: Some("all".to_owned()),
                native: Some(Native {
                    format: NATIVE.to_owned(),
                    text: String::new(),
                    extra: Extra::default(),
                }),
                ..Rule::default()
            });
        }
        // What stands before the first rule is about the file.
        let Some(rule) = rules.last_mut() else {
            continue;
        };
        if let Some(native) = &mut rule.native {
            native.text.push_str(line.trim_end());
            native.text.push('\n');
        }
        odd += usize::from(put(rule, key, &value).is_none());
    }
    (rules, odd)
}

/// `key="value"`
fn pair(line: &str) -> Option<(&str, String)> {
    let (key, rest) = line.trim().split_once('=')?;
    let quoted = rest.strip_prefix('"')?.strip_suffix('"')?;
    let mut value = String::with_capacity(quoted.len());
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => value.push(chars.next()?),
            c => value.push(c),
        }
    }
    Some((key, value))
}

fn put(rule: &mut Rule, key: &str, value: &str) -> Option<()> {
    match key {
        "enabled" => rule.enabled = Some(value == "yes"),
        "type" => {
            let bits: u32 = value.parse().ok()?;
            let times = TIMES.iter().filter(|(bit, _)| bits & bit != 0);
            rule.when = times.map(|(_, time)| (*time).to_owned()).collect();
        }
        "action" => {
            let known = ACTIONS.iter().find(|(name, _)| *name == value);
            let kind = known.map_or_else(|| other_name(value), |(_, kind)| (*kind).to_owned());
            rule.actions.push(Action {
                kind,
                value: None,
                extra: Extra::default(),
            });
        }
        "actionValue" => rule.actions.iter_mut().last()?.value = Some(value.to_owned()),
        "condition" => {
            let (matching, conditions) = conditions(value)?;
            rule.matching = Some(matching.to_owned());
            rule.conditions = conditions;
        }
        _ => {}
    }
    Some(())
}

/// An action that this version does not know: its name, spelled like the known ones.
fn other_name(name: &str) -> String {
    name.to_lowercase()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join("-")
}

/// `ALL`, or `AND (…) AND (…)`, or `OR (…) OR (…)`.
fn conditions(text: &str) -> Option<(&'static str, List<Condition>)> {
    let mut rest = text.trim();
    if rest == "ALL" {
        return Some(("every-message", List::default()));
    }
    let matching = if rest.starts_with("OR") { "any" } else { "all" };
    let mut conditions = List::default();
    while !rest.is_empty() {
        let behind = rest
            .strip_prefix("AND")
            .or_else(|| rest.strip_prefix("OR"))
            .unwrap_or(rest);
        let inside = behind.trim_start().strip_prefix('(')?;
        let end = closing(inside)?;
        conditions.push(condition(inside.get(..end)?)?);
        rest = inside.get(end + 1..)?.trim_start();
    }
    Some((matching, conditions))
}

/// Where the bracket closes, outside quotes.
fn closing(text: &str) -> Option<usize> {
    let mut is_quoted = false;
    let mut is_escaped = false;
    text.char_indices().find_map(|(at, c)| {
        is_quoted ^= c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        (c == ')' && !is_quoted).then_some(at)
    })
}

/// `field,op,value`; the field or the value may stand in quotes, and the value may have commas.
fn condition(text: &str) -> Option<Condition> {
    let (field, rest) = match text.strip_prefix('"') {
        Some(quoted) => {
            let (field, rest) = quoted.split_once('"')?;
            (field, rest.strip_prefix(',')?)
        }
        None => text.split_once(',')?,
    };
    let (op, value) = rest.split_once(',').unwrap_or((rest, ""));
    let unquoted = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    let value = unquoted.map_or_else(|| value.to_owned(), |value| value.replace("\\\"", "\""));
    Some(Condition {
        field: field.trim().to_owned(),
        op: op.trim().to_owned(),
        value: Some(value),
        extra: Extra::default(),
    })
}

/// Writes a file with these rules. Gives the ids of those that are left out, too: those that Thunderbird
/// has no words for, and those that start a program.
#[must_use]
pub fn write<'a>(rules: impl IntoIterator<Item = &'a Rule>) -> (String, Vec<&'a str>) {
    let mut text = String::from("version=\"9\"\nlogging=\"no\"\n");
    let mut left_out = Vec::new();
    for rule in rules {
        let native = rule
            .native
            .as_ref()
            .filter(|native| native.format == NATIVE);
        let runs_program = rule
            .actions
            .iter()
            .any(|action| action.kind == "run-program");
        let block = native.and_then(|native| checked(&native.text, rule));
        match block.or_else(|| spell(rule)).filter(|_| !runs_program) {
            Some(block) => text.push_str(&block),
            None => left_out.push(rule.id.as_str()),
        }
    }
    (text, left_out)
}

/// The rule as Thunderbird itself wrote it, if that says what the rule's own members say: what a person
/// was shown is what gets written.
fn checked(native: &str, rule: &Rule) -> Option<String> {
    let (rules, odd) = parse(native, "", 0);
    let [own] = rules.as_slice() else {
        return None;
    };
    let is_same = (&own.name, &own.matching, &own.when, own.enabled)
        == (&rule.name, &rule.matching, &rule.when, rule.enabled)
        && own.actions == rule.actions
        && own.conditions == rule.conditions;
    let is_sound = odd == 0 && native.starts_with("name=");
    (is_same && is_sound).then(|| format!("{}\n", native.trim_end()))
}

/// What Thunderbird knows itself of a mail; other fields are names of headers, and stand in quotes.
const FIELDS: &[&str] = &[
    "subject",
    "from",
    "body",
    "date",
    "priority",
    "status",
    "to",
    "cc",
    "to or cc",
    "from, to, cc or bcc",
    "age in days",
    "size",
    "tag",
    "has attachment status",
    "junk status",
    "junk percent",
    "junk score origin",
];

/// The rule in Thunderbird's words; `None` if it would not be read as it was.
fn spell(rule: &Rule) -> Option<String> {
    if rule.conditions.unread() + rule.actions.unread() > 0 {
        return None;
    }
    let block = block(rule)?;
    let (rules, odd) = parse(&block, "", 0);
    let [again] = rules.as_slice() else {
        return None;
    };
    let is_same = again.actions == rule.actions && again.conditions == rule.conditions;
    (is_same && odd == 0).then_some(block)
}

fn block(rule: &Rule) -> Option<String> {
    let mut block = String::new();
    let mut put = |key: &str, value: &str| {
        let value: String = value
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
        block.push_str(&format!("{key}=\"{value}\"\n"));
    };
    put("name", &rule.name);
    put(
        "enabled",
        if rule.enabled == Some(false) {
            "no"
        } else {
            "yes"
        },
    );
    let bits = |when: &String| {
        TIMES
            .iter()
            .find(|(_, time)| time == when)
            .map(|(bit, _)| *bit)
    };
    let bits: u32 = rule.when.iter().filter_map(bits).sum();
    put("type", &if bits == 0 { 17 } else { bits }.to_string());
    for action in rule.actions.iter() {
        let (name, _) = ACTIONS.iter().find(|(_, kind)| *kind == action.kind)?;
        put("action", name);
        if let Some(value) = &action.value {
            put("actionValue", value);
        }
    }
    let word = match rule.matching.as_deref() {
        Some("every-message") => {
            put("condition", "ALL");
            return Some(block);
        }
        Some("any") => "OR",
        _ => "AND",
    };
    let terms = rule.conditions.iter().map(|condition| {
        let value = condition.value.as_deref().unwrap_or_default();
        let value = match value.contains([')', '"', '(']) {
            true => format!("\"{}\"", value.replace('"', "\\\"")),
            false => value.to_owned(),
        };
        let field = condition.field.as_str();
        let quote = if FIELDS.contains(&field) { "" } else { "\"" };
        format!("{word} ({quote}{field}{quote},{},{value})", condition.op)
    });
    let terms: Vec<String> = terms.collect();
    put("condition", &terms.join(" "));
    (!terms.is_empty()).then_some(block)
}

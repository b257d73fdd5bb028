//! `prefs.js` (and `user.js`): Gecko's own grammar of preference files, read and written.
//!
//! `user_pref("name", value);` with `//`, `/* */` and `#` comments; a value is a string in either kind of
//! quotes, a whole number, or `true`/`false`. A statement that does not fit is skipped, as Gecko does.

use std::collections::BTreeMap;

/// A preference's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `"…"`
    Text(String),
    /// 32 bits in Gecko; more is taken.
    Number(i64),
    /// `true`, `false`
    Flag(bool),
}

/// Preferences by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefs(BTreeMap<String, Value>);

struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    /// Passes white space and comments.
    fn skip_blank(&mut self) {
        loop {
            let trimmed = self.rest.trim_start();
            self.rest = match trimmed {
                text if text.starts_with("//") || text.starts_with('#') => {
                    text.split_once('\n').map_or("", |(_, behind)| behind)
                }
                text if text.starts_with("/*") => {
                    text.split_once("*/").map_or("", |(_, behind)| behind)
                }
                text => {
                    self.rest = text;
                    return;
                }
            };
        }
    }

    fn take(&mut self, token: &str) -> Option<()> {
        self.skip_blank();
        self.rest = self.rest.strip_prefix(token)?;
        Some(())
    }

    fn word(&mut self) -> &'a str {
        self.skip_blank();
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric() && !"_+-".contains(c));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        word
    }

    fn text(&mut self) -> Option<String> {
        self.skip_blank();
        let quote = self
            .rest
            .chars()
            .next()
            .filter(|c| matches!(c, '"' | '\''))?;
        let mut units: Vec<u16> = Vec::new();
        let mut text = String::new();
        let mut rest = self.rest.get(1..)?;
        loop {
            let c = rest.chars().next()?;
            rest = rest.get(c.len_utf8()..)?;
            if c != '\\' {
                flush(&mut units, &mut text);
                if c == quote {
                    self.rest = rest;
                    text.retain(|c| c != '\0');
                    return Some(text);
                }
                text.push(c);
                continue;
            }
            let escape = rest.chars().next()?;
            rest = rest.get(escape.len_utf8()..)?;
            let digits = match escape {
                'x' => 2,
                'u' => 4,
                _ => 0,
            };
            if digits > 0 {
                let (number, behind) = rest.split_at_checked(digits)?;
                units.push(u16::from_str_radix(number, 16).ok()?);
                rest = behind;
                continue;
            }
            flush(&mut units, &mut text);
            text.push(match escape {
                'n' => '\n',
                'r' => '\r',
                other => other,
            });
        }
    }

    fn value(&mut self) -> Option<Value> {
        self.skip_blank();
        if self.rest.starts_with(['"', '\'']) {
            return self.text().map(Value::Text);
        }
        match self.word() {
            "true" => Some(Value::Flag(true)),
            "false" => Some(Value::Flag(false)),
            number => number.parse().ok().map(Value::Number),
        }
    }

    fn statement(&mut self) -> Option<(String, Value)> {
        if !matches!(self.word(), "user_pref" | "pref" | "sticky_pref") {
            return None;
        }
        self.take("(")?;
        let name = self.text()?;
        self.take(",")?;
        let value = self.value()?;
        // Attributes of default preferences may follow.
        while self.take(",").is_some() {
            self.word();
        }
        self.take(")")?;
        self.take(";")?;
        Some((name, value))
    }

    /// Goes on behind the line in which a statement failed.
    fn skip_line(&mut self) {
        self.rest = self.rest.split_once('\n').map_or("", |(_, behind)| behind);
    }
}

/// `\uXXXX` are UTF-16 units; two may make one character.
fn flush(units: &mut Vec<u16>, text: &mut String) {
    if !units.is_empty() {
        text.push_str(&String::from_utf16_lossy(units));
        units.clear();
    }
}

impl Prefs {
    /// Reads a file. Gives the number of statements that did not fit, too.
    #[must_use]
    pub fn parse(text: &str) -> (Self, usize) {
        let mut scanner = Scanner {
            rest: text.trim_start_matches('\u{feff}'),
        };
        let mut prefs = Self::default();
        let mut odd = 0;
        loop {
            scanner.skip_blank();
            if scanner.rest.is_empty() {
                return (prefs, odd);
            }
            match scanner.statement() {
                Some((name, value)) => drop(prefs.0.insert(name, value)),
                None => {
                    odd += 1;
                    scanner.skip_line();
                }
            }
        }
    }

    /// No preference.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A text that is not empty.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name)? {
            Value::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// A number.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<i64> {
        match self.0.get(name)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// A flag.
    #[must_use]
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.0.get(name)? {
            Value::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The value, of whatever kind.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A comma-separated list.
    pub fn list(&self, name: &str) -> impl Iterator<Item = &str> {
        let items = self.text(name).unwrap_or_default().split(',');
        items.map(str::trim).filter(|item| !item.is_empty())
    }

    /// What stands between `prefix` and `suffix` in names, each once.
    pub fn keys<'a>(&'a self, prefix: &'a str, suffix: &'a str) -> impl Iterator<Item = &'a str> {
        let from = self
            .0
            .range(prefix.to_owned()..)
            .map(|(name, _)| name.as_str());
        let inside = from.take_while(move |name| name.starts_with(prefix));
        inside.filter_map(move |name| {
            name.strip_prefix(prefix)?
                .strip_suffix(suffix)
                .filter(|key| !key.is_empty())
        })
    }

    /// Sets a value.
    pub fn set(&mut self, name: impl Into<String>, value: Value) {
        self.0.insert(name.into(), value);
    }

    /// The file, one statement in a line, sorted by name.
    #[must_use]
    pub fn write(&self) -> String {
        let mut file = String::from("// Mozilla User Preferences\n\n");
        for (name, value) in &self.0 {
            let value = match value {
                Value::Text(text) => quoted(text),
                Value::Number(number) => number.to_string(),
                Value::Flag(flag) => flag.to_string(),
            };
            file.push_str(&format!("user_pref({}, {value});\n", quoted(name)));
        }
        file
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\0' => {}
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

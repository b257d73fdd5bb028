//! The configuration: one TOML file, every key also as an environment variable; unknown keys are an
//! error that names the nearest known one.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use depesche_service::domain::effect::Language;
use depesche_service::domain::handoff::Offerers;
use depesche_service::domain::{Address, Level, Policy, Span};
use depesche_service::handoffs::Rules;
use depesche_service::{Brand, Places, Settings};
use toml::Value;

use crate::config_keys::{KEYS, Key};
use crate::size::parse_size;

/// The highest level that this version has.
const HIGHEST_BUILT: u8 = 4;

/// The configuration in force.
#[derive(Debug, Clone)]
pub(crate) struct Config(BTreeMap<&'static str, Value>);

fn parse_value(text: &str) -> Option<Value> {
    let table: toml::Table = toml::from_str(&format!("v = {text}")).ok()?;
    table.get("v").cloned()
}

/// The key of that name, or an error with the nearest.
fn known(name: &str, where_: &str) -> anyhow::Result<&'static Key> {
    if let Some(key) = KEYS.iter().find(|key| key.name == name) {
        return Ok(key);
    }
    let nearest = KEYS.iter().max_by(|a, b| {
        strsim::jaro_winkler(name, a.name).total_cmp(&strsim::jaro_winkler(name, b.name))
    });
    let nearest = nearest.map_or("", |key| key.name);
    bail!(
        "{where_} is not a setting of this version; did you mean {nearest}? `depesche serve --print-config` shows all"
    )
}

fn flatten(prefix: &str, table: toml::Table, into: &mut Vec<(String, Value)>) {
    for (name, value) in table {
        let name = if prefix.is_empty() {
            name
        } else {
            format!("{prefix}.{name}")
        };
        match value {
            Value::Table(inner) => flatten(&name, inner, into),
            other => into.push((name, other)),
        }
    }
}

impl Config {
    /// Defaults, then the file, then the environment (`DEPESCHE_SECTION__KEY`, `DEPESCHE_KEY`).
    pub(crate) fn load(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> anyhow::Result<Self> {
        let mut values = BTreeMap::new();
        for key in KEYS {
            let value =
                parse_value(key.default).with_context(|| format!("default of {}", key.name))?;
            values.insert(key.name, value);
        }
        let mut config = Self(values);
        if let Some(path) = file {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("the configuration {} cannot be read", path.display()))?;
            let table: toml::Table = toml::from_str(&text)
                .with_context(|| format!("the configuration {} is not TOML", path.display()))?;
            let mut found = Vec::new();
            flatten("", table, &mut found);
            for (name, value) in found {
                let key = known(&name, &format!("{name} in {}", path.display()))?;
                config.set(key, value)?;
            }
        }
        for (name, text) in environment {
            config.set_from_environment(&name, &text)?;
        }
        Ok(config)
    }

    fn set_from_environment(&mut self, name: &str, text: &str) -> anyhow::Result<()> {
        let Some(rest) = name.strip_prefix("DEPESCHE_") else {
            return Ok(());
        };
        let dotted = rest.to_ascii_lowercase().replace("__", ".");
        // Without a section the name may be one of the client's: DEPESCHE_SERVER, DEPESCHE_PASSWORD.
        if !rest.contains("__") && !KEYS.iter().any(|key| key.name == dotted) {
            return Ok(());
        }
        let key = known(&dotted, &format!("the environment variable {name}"))?;
        let value = match self.0.get(key.name) {
            Some(Value::String(_)) => Value::String(text.to_owned()),
            _ => parse_value(text).with_context(|| format!("{name} has no usable value"))?,
        };
        self.set(key, value)
    }

    fn set(&mut self, key: &'static Key, value: Value) -> anyhow::Result<()> {
        let expected = self.0.get(key.name).map_or("", Value::type_str);
        if value.type_str() != expected {
            bail!(
                "{} takes a {expected}, not a {}: {}",
                key.name,
                value.type_str(),
                key.about
            );
        }
        self.0.insert(key.name, value);
        Ok(())
    }

    /// `--data D`: database, blobs and secrets are in D.
    pub(crate) fn move_data(&mut self, folder: &Path) -> anyhow::Result<()> {
        let folder = folder.to_str().context("the path of --data is not UTF-8")?;
        self.0.insert(
            "database.url",
            Value::String(format!("sqlite://{folder}/depesche.db")),
        );
        self.0
            .insert("blobs.url", Value::String(format!("file:{folder}/blobs")));
        self.0
            .insert("secrets.dir", Value::String(format!("{folder}/secrets")));
        Ok(())
    }

    /// Sets `listen`, and `public_url` with it if that was not set.
    pub(crate) fn listen_on(&mut self, address: &str) {
        self.0.insert("listen", Value::String(address.to_owned()));
    }

    /// The port is known after binding: a default `public_url` follows it.
    pub(crate) fn bound_to(&mut self, address: SocketAddr) {
        let is_default = self.text("public_url") == "http://127.0.0.1:8025";
        if is_default && address.ip().is_loopback() {
            self.0
                .insert("public_url", Value::String(format!("http://{address}")));
        }
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn number(&self, name: &str) -> i64 {
        self.0
            .get(name)
            .and_then(Value::as_integer)
            .unwrap_or_default()
    }

    /// A list of texts.
    pub(crate) fn texts(&self, name: &str) -> anyhow::Result<Vec<&str>> {
        let list = self.0.get(name).and_then(Value::as_array);
        let list = list.with_context(|| format!("{name} must be a list"))?;
        list.iter()
            .map(|value| value.as_str())
            .collect::<Option<_>>()
            .with_context(|| format!("{name} must be a list of texts"))
    }

    pub(crate) fn count(&self, name: &str) -> anyhow::Result<usize> {
        usize::try_from(self.number(name)).with_context(|| format!("{name} must not be negative"))
    }

    pub(crate) fn behind_proxy(&self) -> bool {
        self.0
            .get("behind_proxy")
            .and_then(Value::as_bool)
            .unwrap_or_default()
    }

    pub(crate) fn places(&self) -> Places {
        Places {
            database: self.text("database.url").to_owned(),
            blobs: self.text("blobs.url").to_owned(),
            secrets: self.text("secrets.dir").into(),
        }
    }

    fn level(&self, name: &str) -> anyhow::Result<u8> {
        let number = u8::try_from(self.number(name))
            .ok()
            .filter(|n| (1..=4).contains(n));
        number.with_context(|| format!("{name} must be 1, 2, 3 or 4"))
    }

    fn policy(&self) -> anyhow::Result<Policy> {
        let lowest = self.level("levels.lowest")?;
        let highest = self.level("levels.highest")?.min(HIGHEST_BUILT);
        let default = self.level("levels.default")?.min(highest);
        if lowest > highest || default < lowest {
            bail!(
                "levels.lowest must not be above levels.default and levels.highest; the highest level of this version is {HIGHEST_BUILT}"
            );
        }
        Ok(Policy {
            lowest: Level::try_from(lowest)?,
            default: Level::try_from(default)?,
            highest: Level::try_from(highest)?,
            largest: parse_size(self.text("limits.delivery"))
                .context("limits.delivery: write it as 20 GiB")?,
            retention: self
                .text("limits.retention")
                .parse::<Span>()
                .context("limits.retention")?,
        })
    }

    fn handoffs(&self) -> anyhow::Result<Rules> {
        if self.text("handoff.url") != "memory:" {
            bail!("handoff.url must be memory: in this version");
        }
        let size = |name: &str| {
            parse_size(self.text(name)).with_context(|| format!("{name}: write it as 8 MiB"))
        };
        Ok(Rules {
            create: match self.text("handoff.create") {
                "anyone" => Offerers::Anyone,
                "accounts" => Offerers::Accounts,
                other => bail!("handoff.create must be anyone or accounts, not {other}"),
            },
            largest: size("limits.handoff")?,
            total: size("limits.handoff_total")?,
            per_address: u32::try_from(self.number("handoff.per_address"))
                .context("handoff.per_address must not be negative")?,
        })
    }

    pub(crate) fn settings(&self, demo: bool) -> anyhow::Result<Settings> {
        let language = match self.text("language") {
            "de" => Language::De,
            "en" => Language::En,
            "cs" => Language::Cs,
            other => bail!("language must be de, en or cs, not {other}"),
        };
        Ok(Settings {
            public_url: self.public_url()?,
            name: self.text("brand.name").to_owned(),
            brand: self.brand()?,
            policy: self.policy()?,
            language,
            demo,
            handoffs: self.handoffs()?,
        })
    }

    fn brand(&self) -> anyhow::Result<Brand> {
        let colour = self.text("brand.colour");
        let is_hex = |text: &str| text.len() == 6 && text.bytes().all(|b| b.is_ascii_hexdigit());
        if !colour.is_empty() && !colour.strip_prefix('#').is_some_and(is_hex) {
            bail!("brand.colour must be # and six hexadecimal digits, such as #025263");
        }
        for name in ["brand.imprint", "brand.privacy"] {
            let address = self.text(name);
            if !address.is_empty()
                && !address.starts_with("https://")
                && !address.starts_with("http://")
            {
                bail!("{name} must begin with https://");
            }
        }
        Ok(Brand {
            logo: load_logo(self.text("brand.logo"))?,
            colour: colour.to_owned(),
            imprint: self.text("brand.imprint").to_owned(),
            privacy: self.text("brand.privacy").to_owned(),
        })
    }

    /// Where links begin; refused if keys could travel in clear.
    fn public_url(&self) -> anyhow::Result<String> {
        let url = self.text("public_url").trim_end_matches('/');
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        let host = self.public_host();
        if !matches!(scheme, "http" | "https") || host.is_empty() || rest.contains(['/', '?', '#'])
        {
            bail!(
                "public_url must be http:// or https:// and a host, such as https://portal.example.org"
            );
        }
        let loopback = host == "localhost"
            || host
                .trim_matches(['[', ']'])
                .parse::<IpAddr>()
                .is_ok_and(|ip| ip.is_loopback());
        let protected = self.behind_proxy() || !self.text("tls.cert").is_empty();
        if scheme == "http" && !loopback && !protected {
            bail!(
                "public_url is http on another host than this machine: set tls.cert and tls.key, or behind_proxy = true, and write https"
            );
        }
        Ok(url.to_owned())
    }

    pub(crate) fn public_host(&self) -> String {
        let rest = self
            .text("public_url")
            .split_once("://")
            .map_or("", |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host.to_owned(),
            _ => authority.to_owned(),
        }
    }

    /// The address mails come from.
    pub(crate) fn from(&self) -> anyhow::Result<Address> {
        let set = self.text("smtp.from");
        if !set.is_empty() {
            return set.parse().context("smtp.from");
        }
        let host = self.public_host();
        let is_name = host.parse::<IpAddr>().is_err() && !host.starts_with('[');
        let host = if is_name {
            host
        } else {
            "localhost".to_owned()
        };
        format!("depesche@{host}")
            .parse()
            .context("the address mails come from; set smtp.from")
    }

    /// The effective configuration as TOML with comments, for `--print-config`.
    pub(crate) fn print(&self) -> String {
        let mut out = String::new();
        let mut section = "";
        for key in KEYS {
            let (head, name) = key.name.rsplit_once('.').unwrap_or(("", key.name));
            if head != section {
                out.push_str(&format!("\n[{head}]\n"));
                section = head;
            }
            let value = self
                .0
                .get(key.name)
                .map(ToString::to_string)
                .unwrap_or_default();
            out.push_str(&format!(
                "# {}; environment: {}\n{name} = {value}\n",
                key.about,
                variable(key.name)
            ));
        }
        out
    }
}

/// Media type and bytes.
type Logo = (&'static str, Arc<[u8]>);

/// The logo; its type is told by the content.
fn load_logo(path: &str) -> anyhow::Result<Option<Logo>> {
    if path.is_empty() {
        return Ok(None);
    }
    let bytes =
        std::fs::read(path).with_context(|| format!("brand.logo: {path} cannot be read"))?;
    let is_svg = bytes.trim_ascii_start().starts_with(b"<");
    let media_type = match bytes.as_slice() {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        _ if is_svg => "image/svg+xml",
        _ => bail!("brand.logo: {path} is neither SVG nor PNG"),
    };
    anyhow::ensure!(
        bytes.len() <= 64 << 10,
        "brand.logo: {path} has more than 64 KiB"
    );
    Ok(Some((media_type, bytes.into())))
}

fn variable(name: &str) -> String {
    format!("DEPESCHE_{}", name.to_ascii_uppercase().replace('.', "__"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str, environment: &[(&str, &str)]) -> anyhow::Result<Config> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("depesche.toml");
        std::fs::write(&path, file).unwrap();
        let environment = environment
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Config::load(Some(&path), environment)
    }

    #[test]
    fn defaults_run_without_a_file() {
        let config = Config::load(None, std::iter::empty()).unwrap();
        let settings = config.settings(false).unwrap();
        assert_eq!(settings.policy.largest, 20 << 30);
        assert_eq!(settings.policy.retention, Span::days(30));
        assert_eq!(config.from().unwrap().as_str(), "depesche@localhost");
    }

    #[test]
    fn file_then_environment() {
        let config = load(
            "listen = \"0.0.0.0:1\"\n[limits]\ndelivery = \"5 GB\"\nconnections = 7",
            &[
                ("DEPESCHE_LIMITS__DELIVERY", "6 GB"),
                ("DEPESCHE_LISTEN", "[::1]:2"),
                ("DEPESCHE_PASSWORD", "x"),
                ("HOME", "y"),
            ],
        );
        let config = config.unwrap();
        assert_eq!(config.text("listen"), "[::1]:2");
        assert_eq!(
            config.settings(false).unwrap().policy.largest,
            6_000_000_000
        );
        assert_eq!(config.count("limits.connections").unwrap(), 7);
    }

    #[test]
    fn unknown_keys_name_the_nearest() {
        let file = load("[limits]\ndelivry = \"5 GB\"", &[])
            .unwrap_err()
            .to_string();
        assert!(file.contains("limits.delivery"), "{file}");
        let variable = load("", &[("DEPESCHE_SMTP__ULR", "x")])
            .unwrap_err()
            .to_string();
        assert!(variable.contains("smtp.url"), "{variable}");
        assert!(
            load("listen = 5", &[])
                .unwrap_err()
                .to_string()
                .contains("takes a string")
        );
    }

    #[test]
    fn keys_never_travel_in_clear() {
        assert!(
            load("public_url = \"http://portal.example.org\"", &[])
                .unwrap()
                .settings(false)
                .is_err()
        );
        assert!(
            load(
                "public_url = \"http://portal.example.org\"\nbehind_proxy = true",
                &[]
            )
            .unwrap()
            .settings(false)
            .is_ok()
        );
        assert!(
            load("public_url = \"https://portal.example.org\"", &[])
                .unwrap()
                .settings(false)
                .is_ok()
        );
        assert!(
            load("public_url = \"http://[::1]:80\"", &[])
                .unwrap()
                .settings(false)
                .is_ok()
        );
        assert!(
            load("public_url = \"ftp://x\"", &[])
                .unwrap()
                .settings(false)
                .is_err()
        );
    }

    #[test]
    fn what_is_printed_is_read_again() {
        let printed = load("brand.name = \"A \\\"quoted\\\" name\"", &[])
            .unwrap()
            .print();
        assert_eq!(load(&printed, &[]).unwrap().print(), printed);
    }
}

//! `profiles.ini`: which profiles there are, and which one Thunderbird opens.

/// A profile that the file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// As the person calls it.
    pub name: String,
    /// Relative to the folder of `profiles.ini`, unless `is_absolute`.
    pub path: String,
    /// Whether `path` stands for itself.
    pub is_absolute: bool,
    /// The one that Thunderbird opens.
    pub is_default: bool,
}

/// Reads the file. The default of an `[Install…]` section wins over that of a `[Profile…]`.
#[must_use]
pub fn parse(text: &str) -> Vec<Profile> {
    let mut profiles = Vec::new();
    let mut installed: Option<&str> = None;
    for (section, lines) in sections(text) {
        let value = |key: &str| {
            let mut pairs = lines.iter().filter_map(|line| line.split_once('='));
            pairs
                .find(|(name, _)| name.trim() == key)
                .map(|(_, value)| value.trim())
        };
        if section.starts_with("Install") {
            installed = installed.or(value("Default"));
        }
        let path = value("Path").filter(|_| section.starts_with("Profile"));
        profiles.extend(path.map(|path| Profile {
            name: value("Name").unwrap_or(path).to_owned(),
            path: path.to_owned(),
            is_absolute: value("IsRelative") == Some("0"),
            is_default: value("Default") == Some("1"),
        }));
    }
    if let Some(path) = installed.filter(|path| profiles.iter().any(|p| p.path == *path)) {
        profiles
            .iter_mut()
            .for_each(|profile| profile.is_default = profile.path == path);
    }
    profiles
}

fn sections(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut sections: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in text.trim_start_matches('\u{feff}').lines().map(str::trim) {
        match line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            Some(name) => sections.push((name, Vec::new())),
            None => sections
                .iter_mut()
                .last()
                .into_iter()
                .for_each(|(_, all)| all.push(line)),
        }
    }
    sections
}

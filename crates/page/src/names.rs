//! Names of files as strangers write them: no path, nothing invisible, and the true ending in sight.

use std::collections::BTreeSet;

/// Bytes of a name. Longer ones are cut before their ending.
pub const LONGEST: usize = 150;

/// A name that may stand on any disk and says what it is. `ending` is used where the name has none.
#[must_use]
pub fn clean(name: &str, ending: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let seen: String = last
        .chars()
        .filter(|c| !invisible(*c))
        .map(|c| match c {
            ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
            c if c.is_whitespace() => ' ',
            c => c,
        })
        .collect();
    let seen = seen.trim_matches([' ', '.']);
    let (stem, own) = split(seen);
    let stem = if reserved(stem) {
        format!("_{stem}")
    } else {
        stem.trim_end().to_owned()
    };
    let (stem, own) = match (stem.as_str(), own) {
        ("", "") => ("file".to_owned(), ending),
        ("", own) => ("file".to_owned(), own),
        (_, "") => (stem, ending),
        _ => (stem, own),
    };
    let room = LONGEST.saturating_sub(own.len() + 1);
    let stem = cut(&stem, room).trim_end().to_owned();
    match own {
        "" => stem,
        own => format!("{stem}.{own}"),
    }
}

/// The same name if it is free, else `name (2).ext`, and takes it.
#[must_use]
pub fn unique(name: String, taken: &mut BTreeSet<String>) -> String {
    if taken.insert(name.to_lowercase()) {
        return name;
    }
    let (stem, ending) = split(&name);
    let dot = if ending.is_empty() { "" } else { "." };
    let free = (2..)
        .map(|n| {
            format!(
                "{} ({n}){dot}{ending}",
                cut(stem, LONGEST - ending.len().min(100) - 8)
            )
        })
        .find(|other| !taken.contains(&other.to_lowercase()));
    let free = free.unwrap_or(name);
    taken.insert(free.to_lowercase());
    free
}

/// The ending that fits a media type, where a part has no name.
#[must_use]
pub fn ending(media_type: &str) -> &'static str {
    match media_type {
        "application/pdf" => "pdf",
        "application/zip" => "zip",
        "application/json" => "json",
        "application/msword" => "doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation" => "pptx",
        "application/pgp-keys" => "asc",
        "audio/mpeg" => "mp3",
        "image/png" => "png",
        "image/jpeg" | "image/jpg" => "jpg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "image/svg+xml" => "svg",
        "image/heic" => "heic",
        "image/tiff" => "tiff",
        "message/rfc822" | "message/global" => "eml",
        "text/calendar" => "ics",
        "text/csv" => "csv",
        "text/html" => "html",
        "text/plain" => "txt",
        "text/vcard" | "text/x-vcard" => "vcf",
        "video/mp4" => "mp4",
        "video/quicktime" => "mov",
        _ => "bin",
    }
}

/// Characters that nobody sees, or that turn the reading direction: they make `exe` look like `fdp`.
#[must_use]
pub fn invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{3164}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// At the last dot; an ending is short and has no blank.
fn split(name: &str) -> (&str, &str) {
    match name.rsplit_once('.') {
        Some((stem, ending))
            if !ending.is_empty() && ending.len() <= 16 && !ending.contains(' ') =>
        {
            (stem, ending)
        }
        _ => (name, ""),
    }
}

/// Names that Windows keeps for devices.
fn reserved(stem: &str) -> bool {
    let base = stem
        .split('.')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_uppercase();
    let numbered = |name: &str| {
        base.strip_prefix(name)
            .is_some_and(|n| n.len() == 1 && n.as_bytes()[0].is_ascii_digit())
    };
    matches!(base.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT")
}

/// At most so many bytes, never inside a character.
#[must_use]
pub fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_lose_what_hides() {
        for (hostile, shown) in [
            ("../../etc/pas\u{ad}swd\u{202e}fdp.exe", "passwdfdp.exe"),
            ("C:\\Users\\x\\a.txt", "a.txt"),
            ("a\u{200b}b\r\n.pdf", "ab.pdf"),
            ("...", "file.bin"),
            ("", "file.bin"),
            ("con.txt", "_con.txt"),
            ("COM1", "_COM1.bin"),
            ("rechnung.pdf                 .exe", "rechnung.pdf.exe"),
            ("was ist das?.doc", "was ist das_.doc"),
            (".htaccess", "htaccess.bin"),
            ("Protokoll Nr. 5", "Protokoll Nr. 5.bin"),
            ("日本語.pdf", "日本語.pdf"),
        ] {
            assert_eq!(clean(hostile, "bin"), shown, "{hostile:?}");
        }
    }

    #[test]
    fn long_names_keep_their_ending() {
        let name = clean(&format!("{}.pdf", "ü".repeat(300)), "bin");
        assert!(name.len() <= LONGEST && name.ends_with("ü.pdf"), "{name}");
    }

    #[test]
    fn two_of_one_name_are_told_apart() {
        let mut taken = BTreeSet::new();
        let names: Vec<_> = ["a.pdf", "A.pdf", "a.pdf", "b", "b"]
            .map(|name| unique(name.to_owned(), &mut taken))
            .into();
        assert_eq!(names, ["a.pdf", "A (2).pdf", "a (3).pdf", "b", "b (2)"]);
    }
}

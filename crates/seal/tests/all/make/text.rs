//! Kinds `link_text`, `code` and `name`.

use depesche_seal::link::LinkSecret;
use depesche_seal::link_text::{Link, LinkPage, code};
use depesche_seal::name::Name;
use serde_json::json;

use super::{Vector, bytes, hex, push};

const BASE: &str = "https://send.example.test";

fn secret() -> LinkSecret {
    LinkSecret::from_bytes(&bytes("link secret"))
}

pub(super) fn add(all: &mut Vec<Vector>) {
    links(all);
    codes(all);
    names(all);
    windows_names(all);
}

fn links(all: &mut Vec<Vector>) {
    let id = depesche_seal::key::LinkId::from_bytes(bytes("link id"));
    let link = Link {
        base: BASE.into(),
        page: LinkPage::Delivery,
        id,
        secret: Some(secret()),
    };
    let whole = link.to_text().to_string();
    let (path, fragment) = whole.split_once('#').expect("a link with its secret");
    let mut good = |name: &str, about: &str, text: &str, page: &str, has_secret: bool| {
        let mut members = json!({
            "text": text,
            "base": BASE,
            "page": page,
            "id": hex(id.as_bytes()),
        });
        if has_secret {
            members["secret"] = json!(hex(secret().expose()));
        }
        push(all, name, "link_text", about, "ok", members);
    };
    good("link_text", "as it is handed out", &whole, "d", true);
    good(
        "link_text_upper_case",
        "the secret in upper case",
        &format!("{path}#{}", fragment.to_uppercase()),
        "d",
        true,
    );
    good(
        "link_text_percent",
        "%23 instead of #",
        &whole.replace('#', "%23"),
        "d",
        true,
    );
    good(
        "link_text_brackets",
        "with what mail programs put around it",
        &format!(" <{whole}>\n"),
        "d",
        true,
    );
    good(
        "link_text_no_fragment",
        "the fragment was cut off: the code is asked for",
        path,
        "d",
        false,
    );
    good(
        "link_text_attachment",
        "an attachment of a protected mail",
        &whole.replace("/d/", "/a/"),
        "a",
        true,
    );

    let mut flaw = |name: &str, about: &str, expect: &str, text: &str| {
        push(
            all,
            name,
            "link_text",
            about,
            expect,
            json!({ "text": text }),
        );
    };
    let form = "link_form";
    flaw("link_text_empty", "nothing", form, "");
    flaw(
        "link_text_no_host",
        "a path alone",
        form,
        &whole[BASE.len()..],
    );
    flaw(
        "link_text_empty_host",
        "no host behind the scheme",
        form,
        &whole.replace("send.example.test", ""),
    );
    flaw(
        "link_text_other_scheme",
        "neither http nor https",
        form,
        &whole.replace("https", "ftp"),
    );
    flaw(
        "link_text_other_page",
        "another page",
        form,
        &whole.replace("/d/", "/x/"),
    );
    flaw(
        "link_text_short_id",
        "a character of the id is missing",
        form,
        &whole.replace(&id.to_string(), &id.to_string()[1..]),
    );
    flaw(
        "link_text_id_unused_bits",
        "unused bits of the id are set",
        form,
        &format!("{BASE}/d/AAAAAAAAAAAAAAAAAAAAAB#{fragment}"),
    );
    flaw(
        "link_text_cut",
        "a character of the secret is missing",
        "link_cut",
        &whole[..whole.len() - 1],
    );
    flaw(
        "link_text_nothing_behind",
        "nothing behind the #",
        "link_cut",
        &format!("{path}#"),
    );
    flaw(
        "link_text_version_alone",
        "nothing behind the version",
        "link_cut",
        &format!("{path}#1."),
    );
    flaw(
        "link_text_too_long",
        "a character too many",
        "link_mistyped",
        &format!("{whole}a"),
    );
    flaw(
        "link_text_wrong_character",
        "a character that base32 has not",
        "link_mistyped",
        &format!("{path}#1.{}1", &fragment[2..33]),
    );
    flaw(
        "link_text_kelvin_sign",
        "U+212A, whose lower case is a k",
        "link_mistyped",
        &format!("{path}#1.\u{212a}{}", &fragment[3..]),
    );
    flaw(
        "link_text_newer",
        "version 2",
        "link_version",
        &format!("{path}#2.{}", &fragment[2..]),
    );
}

fn codes(all: &mut Vec<Vector>) {
    let canonical = code(&secret()).to_string();
    let mut good = |name: &str, about: &str, bytes: &[u8; 20], text: &str| {
        let canonical = code(&LinkSecret::from_bytes(bytes)).to_string();
        let members = json!({ "text": text, "secret": hex(bytes), "canonical": canonical });
        push(all, name, "code", about, "ok", members);
    };
    let own = bytes("link secret");
    let zeros = "aaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaa-a";
    good("code", "as it is printed", &own, &canonical);
    good("code_zeros", "the secret of zeros", &[0; 20], zeros);
    good(
        "code_look_alikes",
        "0 for o, 1 for l, 8 for b",
        &[
            0x0b, 0x5c, 0x10, 0x85, 0xae, 0x08, 0x42, 0xd7, 0x04, 0x21, 0x0b, 0x5c, 0x10, 0x85,
            0xae, 0x08, 0x42, 0xd7, 0x04, 0x21,
        ],
        &look_alikes(),
    );
    good(
        "code_sloppy",
        "upper case, blanks, no hyphens",
        &own,
        &format!("  {} ", canonical.replace('-', " ").to_uppercase()),
    );

    let mut flaw = |name: &str, about: &str, expect: &str, text: &str| {
        push(all, name, "code", about, expect, json!({ "text": text }));
    };
    let last = canonical.chars().next_back().expect("a letter");
    let other = if last == 'a' { 'b' } else { 'a' };
    flaw(
        "code_bad_check_letter",
        "another check letter",
        "code_check",
        &format!("{}{other}", &canonical[..canonical.len() - 1]),
    );
    flaw(
        "code_one_wrong",
        "one character is another",
        "code_check",
        &zeros.replacen('a', "b", 1),
    );
    let (first, second) = (&canonical[0..1], &canonical[1..2]);
    assert_ne!(first, second, "the flaw needs two different characters");
    flaw(
        "code_two_swapped",
        "two neighbours changed places",
        "code_check",
        &format!("{second}{first}{}", &canonical[2..]),
    );
    flaw(
        "code_no_check_letter",
        "the check letter is missing",
        "code_length",
        &canonical[..canonical.len() - 2],
    );
    flaw(
        "code_group_missing",
        "a group is missing",
        "code_length",
        &canonical[5..],
    );
    flaw(
        "code_too_long",
        "a character too many",
        "code_length",
        &format!("{canonical}a"),
    );
    flaw("code_empty", "nothing", "code_length", " - ");
    flaw(
        "code_wrong_character",
        "9 is in no code",
        "code_character",
        &canonical.replacen(first, "9", 1),
    );
    flaw(
        "code_kelvin_sign",
        "U+212A, whose lower case is a k",
        "code_character",
        &canonical.replacen('k', "\u{212a}", 1),
    );
    flaw(
        "code_umlaut",
        "a letter beyond ASCII",
        "code_character",
        &canonical.replacen(first, "ä", 1),
    );
}

/// A code with the symbols that are easily mistaken, written wrongly.
fn look_alikes() -> String {
    let secret = LinkSecret::from_bytes(&[
        0x0b, 0x5c, 0x10, 0x85, 0xae, 0x08, 0x42, 0xd7, 0x04, 0x21, 0x0b, 0x5c, 0x10, 0x85, 0xae,
        0x08, 0x42, 0xd7, 0x04, 0x21,
    ]);
    let text = code(&secret).to_string();
    text.replace('o', "0").replace('l', "1").replace('b', "8")
}

fn names(all: &mut Vec<Vector>) {
    let long = "n".repeat(255);
    let deep = vec!["d".repeat(255); 16].join("/");
    let good = [
        ("name", "an ordinary name", "Vertrag 2026.pdf"),
        ("name_in_folders", "with its folders", "a/b/c.txt"),
        ("name_255_bytes", "a component of 255 bytes", &long),
        (
            "name_4095_bytes",
            "the longest name of whole components",
            &deep,
        ),
        (
            "name_scripts",
            "any script, right to left too, and emoji",
            "שלום/Příloha č. 1 – 👩‍👩‍👧.txt",
        ),
        ("name_dots_inside", "dots that lead nowhere", "...a/..b/c.."),
        ("name_hidden", "a hidden file", ".profile"),
    ];
    for (name, about, text) in good {
        accept(all, name, about, text);
    }
    let flaws = [
        ("name_empty", "nothing", "name_empty", ""),
        (
            "name_absolute",
            "from the root",
            "name_empty",
            "/etc/passwd",
        ),
        (
            "name_slash_behind",
            "a slash at the end",
            "name_empty",
            "a/",
        ),
        ("name_two_slashes", "two slashes", "name_empty", "a//b"),
        (
            "name_256_bytes",
            "a component of 256 bytes",
            "name_too_long",
            &format!("{long}n"),
        ),
        (
            "name_umlauts_256_bytes",
            "128 characters of two bytes",
            "name_too_long",
            &"ü".repeat(128),
        ),
        (
            "name_4097_bytes",
            "too long in all",
            "name_too_long",
            &format!("{deep}/a"),
        ),
        ("name_dot", "the folder itself", "name_dots", "a/./b"),
        ("name_dot_dot", "the folder above", "name_dots", "../a"),
        (
            "name_dot_dot_behind",
            "the folder above, at the end",
            "name_dots",
            "a/..",
        ),
        (
            "name_backslash",
            "a separator of Windows",
            "name_separator",
            "..\\a",
        ),
        ("name_nul", "a zero", "name_control", "a\0.txt"),
        ("name_line_break", "a line break", "name_control", "a\n.txt"),
        (
            "name_escape",
            "an escape sequence for terminals",
            "name_control",
            "\u{1b}[2J",
        ),
        ("name_delete", "DEL", "name_control", "a\u{7f}"),
        (
            "name_c1",
            "a control of the second set",
            "name_control",
            "a\u{9b}b",
        ),
        (
            "name_line_separator",
            "U+2028",
            "name_control",
            "a\u{2028}b",
        ),
        (
            "name_bidi_override",
            "looks like an image: U+202E",
            "name_bidi",
            "photo_\u{202e}gpj.exe",
        ),
        ("name_bidi_isolate", "U+2066", "name_bidi", "a\u{2066}b"),
        ("name_bidi_mark", "U+200F", "name_bidi", "a\u{200f}b"),
        (
            "name_arabic_letter_mark",
            "U+061C",
            "name_bidi",
            "a\u{61c}b",
        ),
    ];
    for (name, about, expect, text) in flaws {
        push(all, name, "name", about, expect, json!({ "name": text }));
    }
}

fn accept(all: &mut Vec<Vector>, name: &str, about: &str, text: &str) {
    let windows = Name::parse(text).expect("a good name").for_windows();
    push(
        all,
        name,
        "name",
        about,
        "ok",
        json!({ "name": text, "windows": windows }),
    );
}

fn windows_names(all: &mut Vec<Vector>) {
    let almost = format!("nul.{}", "x".repeat(251));
    let cases = [
        (
            "name_windows_characters",
            "characters that Windows refuses",
            "a<b>c:d\"e|f?g*h.txt",
        ),
        ("name_windows_device", "a device", "CON"),
        (
            "name_windows_device_with_end",
            "a device with an ending",
            "docs/aux.tar.gz",
        ),
        (
            "name_windows_device_blank",
            "a device with a blank behind",
            "nul .txt",
        ),
        (
            "name_windows_device_number",
            "a numbered device",
            "com1.txt",
        ),
        (
            "name_windows_device_superscript",
            "a device with a superscript number",
            "LPT².log",
        ),
        (
            "name_windows_no_device",
            "only almost devices",
            "com10/console/lpt/com./nul_",
        ),
        ("name_windows_last_dot", "a dot at the end", "etc./a."),
        ("name_windows_last_blank", "a blank at the end", "a /b"),
        (
            "name_windows_device_255_bytes",
            "a device of 255 bytes",
            &almost,
        ),
    ];
    for (name, about, text) in cases {
        accept(all, name, about, text);
    }
}

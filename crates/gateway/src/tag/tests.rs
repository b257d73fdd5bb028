//! Every way in which somebody writes a tag.

use super::*;

fn removed(subject: &[u8]) -> Option<String> {
    let raw = [b"Subject: ".as_slice(), subject, b"\r\n"].concat();
    let fields = header::fields(&raw);
    let tag = Tag::new("(Auto)").expect("a tag");
    let new = tag.remove(&fields[0])?;
    let shown = MessageParser::new()
        .parse_headers([new.as_slice(), b"\r\n"].concat().as_slice())
        .and_then(|mail| mail.subject().map(str::to_owned));
    Some(shown.unwrap_or_default())
}

/// Every way in which somebody's program writes `(Auto)`, and what is left of the subject.
const FIRES: &[(&[u8], &str)] = &[
    (b"(Auto) Befund", "Befund"),
    (b"(auto) Befund", "Befund"),
    (b"(AUTO)Befund", "Befund"),
    (b"  (Auto)   Befund", "Befund"),
    (b"( Auto ) Befund", "Befund"),
    (b"(Auto)", ""),
    (
        b"=?utf-8?Q?=28Auto=29_Befund_f=C3=BCr_Sie?=",
        "Befund für Sie",
    ),
    (b"=?utf-8?B?KEF1dG8pIEJlZnVuZA==?=", "Befund"),
    (b"=?utf-8?Q?=28Au?= =?utf-8?Q?to=29_Befund?=", "Befund"),
    (
        b"=?utf-8?B?KEF1?=\r\n =?utf-8?B?dG8pIEJlZnVuZA==?=",
        "Befund",
    ),
    (b"(Auto)\r\n Befund", "Befund"),
    (b"=?iso-8859-1?Q?=28Auto=29_Pr=FCfung?=", "Prüfung"),
    (b"=?utf-16?B?/v8AKABBAHUAdABvACkAIABY?=", "X"),
    (b"=?gb18030?B?KEF1dG8pIMTjusM=?=", "你好"),
    (b"=?iso-2022-jp?B?KEF1dG8pIBskQkZ8S1wbKEI=?=", "日本"),
    (b"=?utf-8*de?Q?=28Auto=29_Befund?=", "Befund"),
    ("(Auto) Prüfung".as_bytes(), "Prüfung"),
    (b"(Auto) Pr\xfcfung", "Pr"),
    ("（Ａｕｔｏ） Befund".as_bytes(), "Befund"),
    ("\u{200b}(Au\u{200d}to)\u{feff} Befund".as_bytes(), "Befund"),
    ("(Auto)\u{a0}Befund".as_bytes(), "Befund"),
    (b"Re: (Auto) Befund", "Re: Befund"),
    (b"AW: Antw: (Auto) Befund", "AW: Antw: Befund"),
    (
        b"WG: Odp: Re[2]: Fwd : (Auto) Befund",
        "WG: Odp: Re[2]: Fwd : Befund",
    ),
    (b"Re: (Auto) (Auto) Befund", "Re: Befund"),
    ("Odpověď: (Auto) Nález".as_bytes(), "Odpověď: Nález"),
    // The tag, and a word that says it to the next reader.
    (
        b"=?utf-8?Q?=28Auto=29_=3D=3Futf-8=3FQ=3F=3D28Auto=3D29_x=3F=3D?=",
        "x",
    ),
];

/// None of these is meant.
const STAYS: &[&[u8]] = &[
    b"Anmeldung (Auto) Haftpflicht",
    b"(Automatik) gesucht",
    b"Auto zu verkaufen",
    b"",
    b"(Aut",
    b"Frage: (Auto) Haftpflicht",
    b"=?utf-8?Q?Anmeldung_=28Auto=29?=",
];

#[test]
fn a_tag_is_found_however_it_is_written() {
    for (subject, left) in FIRES {
        let found = removed(subject);
        let shown = String::from_utf8_lossy(subject);
        assert!(
            found
                .as_deref()
                .is_some_and(|found| found.starts_with(left)),
            "{shown}: {found:?}, not {left:?}"
        );
        let again = found.unwrap_or_default();
        assert!(!again.to_lowercase().contains("auto"), "{shown}: {again}");
    }
}

#[test]
fn what_only_looks_like_a_tag_stays() {
    for subject in STAYS {
        assert_eq!(
            removed(subject),
            None,
            "{}",
            String::from_utf8_lossy(subject)
        );
    }
}

#[test]
fn a_tag_that_is_a_word_ends_where_the_word_does() {
    let tag = Tag::new("[secure").expect("a tag");
    assert_eq!(tag.cut("[secure] x").as_deref(), Some("] x"));
    let tag = Tag::new("sicher").expect("a tag");
    assert_eq!(tag.cut("Sicher: x").as_deref(), Some(": x"));
    assert_eq!(tag.cut("Sicherheit"), None);
    assert!(Tag::new(" \u{200b}").is_none());
}

#[test]
fn a_subject_never_becomes_two_lines() {
    for subject in [
        &b"=?utf-8?Q?=28Auto=29_x=0D=0ABcc:_evil@x.test?="[..],
        b"=?utf-8?B?KEF1dG8pIHgNCkJjYzogeQ==?=",
        "(Auto) x\u{2028}Bcc: y".as_bytes(),
    ] {
        let raw = [b"Subject: ".as_slice(), subject, b"\r\n"].concat();
        let new = Tag::new("(Auto)")
            .and_then(|tag| tag.remove(&header::fields(&raw)[0]))
            .expect("it fires");
        assert_eq!(header::fields(&new).len(), 1);
        assert!(new.ends_with(b"\r\n") && !new.ends_with(b"\r\n\r\n"));
    }
}

//! Kinds `reply_link` and `reply_quote`.

use depesche_seal::key::{Fingerprint, Key, ReplyToken};
use depesche_seal::reply::{Quote, QuoteFrom, ReplySecret};
use depesche_seal::stream::{self, StreamHeader};
use serde_json::{Value, json};

use super::{Vector, bytes, hex, kdf, push};

const BASE: &str = "https://portal.example";
const LABEL: &[u8] = b"depesche/v1/reply-quote\0";

fn secret() -> ReplySecret {
    ReplySecret::from_bytes(&bytes("reply secret"))
}

fn token() -> ReplyToken {
    ReplyToken::from_bytes(bytes("reply token"))
}

fn header() -> StreamHeader {
    StreamHeader::from_random(&bytes("reply stream"))
}

pub(super) fn add(all: &mut Vec<Vector>) {
    links(all);
    good(all);
    flawed(all);
    no_quotes(all);
}

fn links(all: &mut Vec<Vector>) {
    let (token, symbols) = (token().to_string(), secret().to_base32());
    let good = format!("1.{}", *symbols);
    let last = |c: char| format!("1.{}{c}", &symbols[..51]);
    // The last character has one bit; the others of its five are zero.
    let odd = match symbols.as_bytes()[51] {
        b'a' => 'b',
        _ => 'r',
    };
    let mut link = |name: &str, about: &str, expect: &str, token: &str, fragment: &str| {
        let members = json!({
            "text": format!("{BASE}/r/{token}#{fragment}"), "base": BASE, "token_text": token, "fragment": fragment,
            "token": hex(self::token().as_bytes()), "secret": hex(secret().expose()),
        });
        push(all, name, "reply_link", about, expect, members);
    };
    link("reply_link", "as it stands in the PDF", "ok", &token, &good);
    let upper = good.to_uppercase();
    link("reply_link_upper", "in capitals", "ok", &token, &upper);
    for (name, about, expect, fragment) in [
        (
            "nothing",
            "nothing behind the #",
            "reply_cut",
            String::new(),
        ),
        (
            "version_cut",
            "half of the version",
            "reply_cut",
            "1".into(),
        ),
        (
            "version_alone",
            "the version alone",
            "reply_cut",
            "1.".into(),
        ),
        (
            "cut",
            "a character is missing",
            "reply_cut",
            good[..53].into(),
        ),
        (
            "too_long",
            "a character too many",
            "reply_cut",
            format!("{good}a"),
        ),
        (
            "wrong_character",
            "a character that base32 has not",
            "reply_cut",
            last('1'),
        ),
        (
            "umlaut",
            "a character of two bytes",
            "reply_cut",
            format!("{}ä", &good[..53]),
        ),
        (
            "unused_bits",
            "a bit beyond the secret is set",
            "reply_cut",
            last(odd),
        ),
        (
            "newer",
            "of a newer program",
            "reply_version",
            good.replacen('1', "2", 1),
        ),
    ] {
        link(
            &format!("reply_link_{name}"),
            about,
            expect,
            &token,
            &fragment,
        );
    }
    for (name, about, token) in [
        ("short_token", "a token that is cut", &token[..21]),
        (
            "wrong_token",
            "a token with another character",
            "AAAAAAAAAAAAAAAAAAAA!A",
        ),
    ] {
        link(
            &format!("reply_link_{name}"),
            about,
            "reply_form",
            token,
            &good,
        );
    }
}

fn quote() -> Quote {
    Quote {
        v: 1,
        subject: "Kaufvertrag ěšč".into(),
        from: QuoteFrom {
            name: "Dr. Anna Keller".into(),
            email: "anna@example.test".into(),
        },
        date: 1_790_000_000_000,
        text: "Guten Tag,\n\nbitte „prüfen“ \u{1f600}.".into(),
        gateway: Fingerprint::from_bytes(bytes("gateway")).to_string(),
    }
}

fn members(quote: &Quote) -> Value {
    let auth = secret().reply_auth(&token());
    let sealed = secret().seal_quote(&token(), header(), quote);
    json!({
        "secret": hex(secret().expose()), "token": hex(token().as_bytes()),
        "auth": hex(auth.expose()), "auth_sha256": hex(auth.hash().as_bytes()),
        "sealed": hex(&sealed.expect("small")),
        "json": serde_json::to_string(quote).expect("JSON"),
    })
}

fn good(all: &mut Vec<Vector>) {
    let about = "what is answered";
    push(
        all,
        "reply_quote",
        "reply_quote",
        about,
        "ok",
        members(&quote()),
    );
    let empty = Quote {
        subject: String::new(),
        from: QuoteFrom {
            name: String::new(),
            email: "a@b".into(),
        },
        date: -1,
        text: String::new(),
        ..quote()
    };
    let about = "hardly anything, before 1970";
    push(
        all,
        "reply_quote_empty",
        "reply_quote",
        about,
        "ok",
        members(&empty),
    );
}

fn flawed(all: &mut Vec<Vector>) {
    let other = |label: &str, size: usize| hex(&bytes::<32>(label)[..size]);
    for (name, about, expect, change) in [
        (
            "wrong_secret",
            "of another link",
            "authentication",
            json!({"open": {"secret": other("other", 32)}}),
        ),
        (
            "wrong_token",
            "of another mail",
            "authentication",
            json!({"open": {"token": other("other", 16)}}),
        ),
        (
            "altered",
            "a bit is another",
            "authentication",
            json!({"edits": [{"flip": 60}]}),
        ),
        (
            "cut",
            "a byte is missing",
            "authentication",
            json!({"edits": [{"cut": 200}]}),
        ),
    ] {
        let mut whole = members(&quote());
        for (member, value) in change.as_object().expect("members") {
            whole[member] = value.clone();
        }
        push(
            all,
            &format!("reply_quote_{name}"),
            "reply_quote",
            about,
            expect,
            whole,
        );
    }
}

/// Sealed as it should be, and no quote.
fn no_quotes(all: &mut Vec<Vector>) {
    let with = |member: &str, value: Value| {
        let mut whole = serde_json::to_value(quote()).expect("JSON");
        whole[member] = value;
        whole.to_string().into_bytes()
    };
    let mut nameless = serde_json::to_value(quote()).expect("JSON");
    nameless
        .as_object_mut()
        .expect("an object")
        .remove("gateway");
    let good = serde_json::to_string(&quote()).expect("JSON");
    for (name, about, text) in [
        ("newer", "of a newer program", with("v", json!(2))),
        (
            "no_gateway",
            "no key to answer to",
            nameless.to_string().into_bytes(),
        ),
        (
            "short_gateway",
            "a fingerprint that is cut",
            with("gateway", json!("AA")),
        ),
        (
            "from_text",
            "an address where a sender should be",
            with("from", json!("anna")),
        ),
        ("date_text", "a date in words", with("date", json!("today"))),
        (
            "date_fraction",
            "half a millisecond",
            with("date", json!(1.5)),
        ),
        ("array", "a list", b"[]".to_vec()),
        (
            "positions",
            "its members in a list, without names",
            positions(),
        ),
        (
            "twice",
            "two texts",
            good.replacen('{', "{\"text\":\"x\",", 1).into_bytes(),
        ),
        ("not_json", "something else", b"Guten Tag".to_vec()),
        (
            "not_utf8",
            "bytes that are no text",
            good.into_bytes()
                .iter()
                .map(|b| if *b == b'K' { 0xff } else { *b })
                .collect(),
        ),
    ] {
        let key = kdf(secret().expose(), token().as_bytes(), &[LABEL]);
        let key: ReplySecret = Key::from_bytes(&key);
        let aad = [LABEL, token().as_bytes()].concat();
        let sealed = stream::seal(&key, header(), &aad, &text).expect("small");
        let mut whole = members(&quote());
        whole["sealed"] = json!(hex(&sealed));
        push(
            all,
            &format!("reply_quote_{name}"),
            "reply_quote",
            about,
            "quote",
            whole,
        );
    }
}

fn positions() -> Vec<u8> {
    let q = quote();
    let from = json!({"name": q.from.name, "email": q.from.email});
    let list = json!([q.v, q.subject, from, q.date, q.text, q.gateway]);
    list.to_string().into_bytes()
}

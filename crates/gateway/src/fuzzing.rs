//! The laws that any bytes must keep: what the targets `subject_tag`, `mail_rules` and `mail_address` of `fuzz` and a
//! plain test over their corpora call. Each function panics where a law is broken.

use depesche_domain::Address;
use depesche_domain::mail::{Treatment, fold};
use depesche_smtp::address::Mailbox;
use zeroize::Zeroizing;

use crate::header::{self, Field};
use crate::rules::{Arrival, Facts, Pattern, Refused, Rules, SECURE, Verdict, addresses};
use crate::tag::Tag;
use crate::trace::{self, Tracer};

const ANNA: &str = "anna@corp.test";

/// Lines of a header as the mail door lets them in: whole ones.
fn lines(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() + 2);
    for line in data.split(|byte| matches!(byte, b'\r' | b'\n')) {
        // The first empty one ends a header.
        if !line.is_empty() {
            out.extend_from_slice(line);
            out.extend_from_slice(b"\r\n");
        }
    }
    out
}

/// Any bytes as a subject, and as a tag.
///
/// # Panics
/// Where a law is broken.
pub fn subject_tag(data: &[u8]) {
    let raw = [b"Subject:", lines(data).as_slice()].concat();
    if let (Some(tag), [subject, ..]) = (Tag::new("(Auto)"), header::fields(&raw).as_slice()) {
        removed_is_one_clean_subject(&tag, subject);
    }
    let text = String::from_utf8_lossy(data);
    if text.starts_with(['(', '['])
        && let Some(tag) = Tag::new(&text)
    {
        let subject = format!("Re: {text} Befund");
        let cut = tag.cut(&subject).expect("what starts with the tag has it");
        assert!(cut.len() <= subject.len());
    }
}

fn removed_is_one_clean_subject(tag: &Tag, subject: &Field<'_>) {
    let Some(new) = tag.remove(subject) else {
        return;
    };
    assert!(new.is_ascii(), "what we write is encoded");
    assert!(new.ends_with(b"\r\n") && !new.ends_with(b"\r\n\r\n"));
    let fields = header::fields(&new);
    assert!(
        matches!(fields.as_slice(), [one] if one.is("Subject")),
        "one field"
    );
    for line in new.split_inclusive(|byte| *byte == b'\n') {
        assert!(
            line.len() <= 1_000 && line.ends_with(b"\r\n"),
            "a line of mail"
        );
        let inside = &line[..line.len() - 2];
        assert!(
            inside.iter().all(|byte| !byte.is_ascii_control()),
            "no control"
        );
    }
    assert!(tag.remove(&fields[0]).is_none(), "and the tag is gone");
}

fn rules(with_domains: bool) -> Rules {
    let pattern = |text: &str| Pattern::parse(text).into_iter().collect();
    Rules {
        tag: Tag::new("(Auto)"),
        domains: if with_domains {
            pattern("corp.test")
        } else {
            Vec::new()
        },
        protect_to: pattern("clinic.test"),
        protect_from: pattern("hr@corp.test"),
        ..Rules::default()
    }
}

/// Any bytes as a header, from our people and from others; then what goes on, judged again.
///
/// # Panics
/// Where a law is broken.
pub fn mail_rules(data: &[u8]) {
    let header = [lines(data).as_slice(), b"\r\n"].concat();
    let tracer = Tracer::new("gw.test".into(), Zeroizing::new(vec![1; 32]));
    let recipients = ["k@partner.test", "ben@corp.test", "dr@lab.clinic.test"];
    for (rules, sender, is_trusted) in [
        (rules(true), ANNA, true),
        (rules(true), "", true),
        (rules(true), "k@partner.test", true),
        (rules(true), ANNA, false),
        (rules(false), "hr@corp.test", true),
    ] {
        let arrival = Arrival {
            sender,
            recipients: &recipients,
            is_trusted,
        };
        let facts = Facts::read(&header);
        assert!(facts.answers().len() <= 20);
        let verdict = match rules.decide(&arrival, &facts, false, &tracer) {
            Ok(verdict) => verdict,
            Err(why) => {
                assert!(why == Refused::TooManyHops, "nobody guesses our mark");
                continue;
            }
        };
        others_stay(&header, &verdict);
        let again = Facts::read(&verdict.header);
        let again = rules.decide(&arrival, &again, false, &tracer);
        let again = again.unwrap_or_else(|why| panic!("{why:?}"));
        assert!(again.header == verdict.header, "nothing is left to change");
        let protects = |index: usize| verdict.treatments[index] == Treatment::Protect;
        assert!(
            is_trusted || !(0..3).any(protects),
            "of strangers nothing is protected"
        );
        if !rules.domains.is_empty() {
            assert!(!protects(1), "nor for our own people");
            assert!(
                !protects(0) || protects(2),
                "a rule protects at least as much"
            );
        }
    }
}

/// Tags, our control headers and false marks of ours go; everything else stays byte for byte.
fn others_stay(header: &[u8], verdict: &Verdict) {
    let before = header::fields(header);
    let after = header::fields(&verdict.header);
    assert!(after.iter().all(|field| !field.is(SECURE)));
    let ours = ["Subject", SECURE, trace::NAME];
    let others = |fields: &[Field<'_>]| -> Vec<Vec<u8>> {
        let kept = fields
            .iter()
            .filter(|f| !ours.iter().any(|name| f.is(name)));
        kept.map(|field| field.raw.to_vec()).collect()
    };
    assert!(others(&before) == others(&after), "the rest stays");
    let subjects = |fields: &[Field<'_>]| fields.iter().filter(|f| f.is("Subject")).count();
    assert_eq!(subjects(&before), subjects(&after));
    assert!(verdict.header.ends_with(b"\r\n"));
}

/// Any bytes as an address, as a rule and as a field of addresses.
///
/// # Panics
/// Where a law is broken.
pub fn mail_address(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let folded = fold(&text);
    assert_eq!(fold(&folded), folded, "folded once is folded for good");
    if let Ok(mailbox) = Mailbox::parse_recipient(&text) {
        assert_eq!(mailbox.as_str(), text, "bytes in are bytes judged");
        let whole = mailbox.domain().map_or_else(
            || mailbox.local().to_owned(),
            |domain| format!("{}@{domain}", mailbox.local()),
        );
        assert_eq!(whole, text);
        assert!(
            !text.chars().any(char::is_control),
            "no header of it becomes two"
        );
    }
    if let Ok(address) = text.parse::<Address>() {
        let again: Address = address
            .to_string()
            .parse()
            .expect("what was read is written");
        assert_eq!(again.folded(), address.folded());
        assert_eq!(fold(address.as_str()), address.folded());
    }
    match Pattern::parse(&text) {
        Some(Pattern::Domain(domain)) => {
            let pattern = Pattern::Domain(domain.clone());
            assert!(pattern.fits(&format!("x@{domain}")) && pattern.fits(&format!("x@y.{domain}")));
            assert!(!pattern.fits(&format!("x@y{domain}z")), "another domain");
        }
        Some(Pattern::Address(address)) => {
            assert!(Pattern::Address(address.clone()).fits(&fold(&address)));
        }
        None => {}
    }
    let field = [b"To:", lines(data).as_slice()].concat();
    for address in header::fields(&field).iter().flat_map(addresses) {
        assert_eq!(fold(&address), address, "compared as it is kept");
    }
}

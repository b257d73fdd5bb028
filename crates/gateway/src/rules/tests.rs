//! What protects a mail, and what does not.

use super::*;
use proptest::prelude::*;
use zeroize::Zeroizing;

const ANNA: &str = "anna@corp.test";
const OUT: &str = "k@partner.test";

fn rules() -> Rules {
    Rules {
        tag: Tag::new("(Auto)"),
        domains: vec![Pattern::Domain("corp.test".into())],
        protect_to: vec![Pattern::Domain("clinic.test".into())],
        protect_from: vec![Pattern::Address("hr@corp.test".into())],
        protect_above: None,
    }
}

fn tracer() -> Tracer {
    Tracer::new("gw.test".into(), Zeroizing::new(vec![1; 32]))
}

fn decide_by(
    rules: &Rules,
    header: &str,
    sender: &str,
    to: &[&str],
    in_thread: bool,
) -> Result<Verdict, Refused> {
    let header = format!("{header}\r\n");
    let facts = Facts::read(header.as_bytes());
    let arrival = Arrival {
        sender,
        recipients: to,
        is_trusted: true,
    };
    let asks = rules.asks_for_thread(&arrival, &facts);
    rules.decide(&arrival, &facts, in_thread && asks, &tracer())
}

fn decide(header: &str, sender: &str, to: &[&str]) -> Verdict {
    decide_by(&rules(), header, sender, to, false).unwrap_or_else(|why| panic!("{why:?}"))
}

fn protects(header: &str, sender: &str, to: &str) -> bool {
    decide(header, sender, &[to]).treatments == [Treatment::Protect]
}

#[test]
fn what_protects_a_mail() {
    for header in [
        "Subject: (Auto) x\r\n",
        "Subject: x\r\nSubject: =?utf-8?B?KEF1dG8p?=\r\n",
        "x-depesche-secure: Yes\r\n",
        "Sensitivity: Company-Confidential\r\n",
        "Sensitivity: private\r\n",
    ] {
        assert!(protects(header, ANNA, OUT), "{header}");
    }
    assert!(
        protects("Subject: x\r\n", ANNA, "dr@lab.clinic.test"),
        "a rule for the recipient"
    );
    assert!(
        protects("Subject: x\r\n", "HR@corp.test", OUT),
        "a rule for the sender"
    );
    let in_thread = decide_by(&rules(), "Subject: AW: x\r\n", ANNA, &[OUT], true);
    assert_eq!(
        in_thread.map(|v| v.treatments).ok(),
        Some(vec![Treatment::Protect])
    );
}

/// Large attachments wait in the portal instead; nobody has to think of it.
#[test]
fn what_is_larger_than_a_rule_allows_is_protected() {
    let rules = Rules {
        protect_above: Some(1_000),
        ..rules()
    };
    let to = [OUT, "ben@corp.test", "hidden@partner.test"];
    let judged = |sender| decide_by(&rules, "To: k@partner.test\r\n", sender, &to, false);
    use Treatment::{Pass, Protect};
    let verdict = judged(ANNA).unwrap_or_else(|why| panic!("{why:?}"));
    assert_eq!(verdict.of_size(&rules, 1_000), [Pass, Pass, Pass]);
    assert_eq!(verdict.of_size(&rules, 1_001), [Protect, Pass, Protect]);
    assert_eq!(
        verdict.bcc,
        [false, true, true],
        "who is hidden stays hidden"
    );
    let verdict = judged(OUT).unwrap_or_else(|why| panic!("{why:?}"));
    assert_eq!(verdict.of_size(&rules, 1_001), [Pass, Pass, Pass]);
}

#[test]
fn what_does_not() {
    for (header, sender, to) in [
        ("Subject: x\r\n", ANNA, OUT),
        ("Subject: (Auto) x\r\n", ANNA, "ben@corp.test"),
        ("Subject: (Auto) x\r\n", OUT, ANNA),
        ("Sensitivity: Personal\r\n", ANNA, OUT),
        ("X-Depesche-Secure: no\r\n", ANNA, OUT),
        ("Subject: x\r\n", ANNA, "dr@notclinic.test"),
    ] {
        assert!(!protects(header, sender, to), "{header}");
    }
}

/// A Content-Type alone proves nothing: what is said to be encrypted is looked into before it passes.
#[test]
fn what_only_says_that_it_is_encrypted_is_looked_into() {
    for kind in [
        "multipart/encrypted; protocol=\"application/pgp-encrypted\"",
        "application/pkcs7-mime;\r\n smime-type=enveloped-data",
        "application/pkcs7-mime; smime-type=signed-data",
    ] {
        let header = format!("Subject: (Auto) x\r\nContent-Type: {kind}\r\n");
        assert!(protects(&header, ANNA, OUT), "{header}");
    }
}

/// An out-of-office answer that quotes a tag would invite strangers to set passwords.
#[test]
fn automatic_mail_is_protected_by_rules_alone() {
    for auto in [
        "Auto-Submitted: auto-replied\r\n",
        "List-Id: <l.corp.test>\r\n",
        "Precedence: bulk\r\n",
    ] {
        let header = format!("Subject: AW: (Auto) x\r\n{auto}");
        assert!(!protects(&header, ANNA, OUT), "{auto}");
        assert!(protects(&header, ANNA, "dr@clinic.test"), "{auto}");
        let thread = decide_by(&rules(), &header, ANNA, &[OUT], true);
        assert_eq!(
            thread.map(|v| v.treatments).ok(),
            Some(vec![Treatment::Pass])
        );
    }
    assert!(protects(
        "Subject: (Auto) x\r\nAuto-Submitted: no\r\n",
        ANNA,
        OUT
    ));
    let header = "From: anna@corp.test\r\nSubject: (Auto) x\r\n";
    assert!(!protects(header, "", OUT), "the null sender");
}

#[test]
fn each_recipient_has_a_treatment_of_his_own_and_bcc_is_known() {
    let header =
        "To: K <K@Partner.test>, team: ben@corp.test;\r\nCc: x@y.test\r\nSubject: (Auto) x\r\n";
    let to = [OUT, "ben@corp.test", "x@y.test", "secret@z.test"];
    let verdict = decide(header, ANNA, &to);
    use Treatment::{Pass, Protect};
    assert_eq!(verdict.treatments, [Protect, Pass, Protect, Protect]);
    assert_eq!(verdict.bcc, [false, false, false, true]);
}

#[test]
fn without_domains_everybody_behind_a_trusted_peer_is_ours() {
    let mut rules = rules();
    rules.domains.clear();
    let all = decide_by(&rules, "Subject: (Auto) x\r\n", OUT, &[ANNA], false);
    assert_eq!(
        all.map(|v| v.treatments).ok(),
        Some(vec![Treatment::Protect])
    );
}

#[test]
fn what_is_not_ours_to_change_stays_byte_for_byte() {
    let header = "Received: a\r\n\tb\r\nSubject:   odd   =?x?\r\nX: (Auto)\r\nbroken line\r\n";
    let verdict = decide(header, ANNA, &[OUT]);
    assert_eq!(verdict.header, format!("{header}\r\n").into_bytes());
    let foreign = "Subject: (Auto) x\r\n";
    assert_eq!(
        decide(foreign, OUT, &[ANNA]).header,
        format!("{foreign}\r\n").into_bytes()
    );
    let tagged = "A: 1\r\nSubject: Re: (Auto) x\r\nX-Depesche-Secure: no\r\nB:  2 \r\n";
    assert_eq!(
        String::from_utf8_lossy(&decide(tagged, ANNA, &["ben@corp.test"]).header),
        "A: 1\r\nSubject: Re: x\r\nB:  2 \r\n\r\n"
    );
}

#[test]
fn a_mail_that_comes_round_is_refused() {
    let id = "Message-ID: <1@corp.test>\r\n";
    let thread = sha256(b"<1@corp.test>");
    let mark = tracer().line(Some(&thread), ANNA, &[OUT]);
    let refused = decide_by(&rules(), &format!("{mark}{id}"), ANNA, &[OUT], false);
    assert_eq!(refused.err(), Some(Refused::Loop));
    let to_others = decide(&format!("{mark}{id}"), ANNA, &["other@partner.test"]);
    assert_eq!(
        to_others.header,
        format!("{id}\r\n").into_bytes(),
        "a mark that is not true goes"
    );
    let foreign = "X-Depesche-Trace: gw2.test; AAAA\r\n";
    assert_eq!(
        decide(foreign, ANNA, &[OUT]).header,
        format!("{foreign}\r\n").into_bytes(),
        "another gateway needs its own"
    );
    let many = "Received: x\r\n".repeat(26);
    let refused = decide_by(&rules(), &many, ANNA, &[OUT], false);
    assert_eq!(refused.err(), Some(Refused::TooManyHops));
}

#[test]
fn answers_name_the_newest_first() {
    let header = b"In-Reply-To: <3@x>\r\nReferences: <1@x> <2@x>\r\n <3@x>\r\n\r\n";
    let ids: Vec<[u8; 32]> = [&b"<3@x>"[..], b"<2@x>", b"<1@x>"].map(sha256).into();
    assert_eq!(Facts::read(header).answers(), ids);
}

/// Pieces that headers of all kinds are made of, and bytes that are none.
fn header_bytes() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop_oneof![
        Just(b"Subject: (Auto) x\r\n".to_vec()),
        Just(b"Subject: =?utf-8?B?KEF1dG8p?=\r\n y\r\n".to_vec()),
        Just(b"X-Depesche-Secure: yes\r\n".to_vec()),
        Just(b"X-Depesche-Trace: gw.test; AAAA\r\n".to_vec()),
        Just(b"To: a@x.test, (c) \"b\" <b@y.test>\r\n".to_vec()),
        Just(b"References: <a@b> <\r\n".to_vec()),
        "[A-Za-z-]{1,9}:[ -~]{0,30}\r\n".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..40),
    ];
    // A header that came by SMTP ends with the end of a line.
    proptest::collection::vec(pieces, 0..12)
        .prop_map(|pieces| [pieces.concat(), b"\r\n".to_vec()].concat())
}

proptest! {
    #[test]
    fn whatever_stands_in_a_header_the_rest_stays(header in header_bytes()) {
        let facts = Facts::read(&header);
        let arrival = Arrival { sender: ANNA, recipients: &[OUT], is_trusted: true };
        let verdict = rules().decide(&arrival, &facts, false, &tracer());
        let verdict = verdict.unwrap_or_else(|why| panic!("{why:?}"));
        let before = header::fields(&header);
        let after = header::fields(&verdict.header);
        prop_assert!(after.iter().all(|f| !f.is(SECURE)));
        let others = |fields: &[Field<'_>]| -> Vec<Vec<u8>> {
            let kept = fields.iter().filter(|f| !["Subject", SECURE, trace::NAME].iter().any(|n| f.is(n)));
            kept.map(|f| f.raw.to_vec()).collect()
        };
        prop_assert_eq!(others(&before), others(&after));
        if verdict.treatments == [Treatment::Pass] && before.iter().all(|f| !f.is(SECURE) && !f.is(trace::NAME)) {
            prop_assert_eq!(&verdict.header, &header);
        }
        // Nothing in what goes on has the tag any more.
        let tag = Tag::new("(Auto)").ok_or(TestCaseError::fail("a tag"))?;
        prop_assert!(after.iter().filter(|f| f.is("Subject")).all(|f| tag.remove(f).is_none()));
    }
}

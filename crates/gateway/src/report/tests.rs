//! What a report says, and to whom.

use super::*;
use depesche_domain::mail::{State, Treatment};
use depesche_smtp::reply::Code;
use mail_parser::{MessageParser, MimeHeaders as _};

fn row(address: &str, notify: Option<&str>) -> Row {
    Row {
        mail: MailId::from_bytes([1; 16]),
        position: 0,
        address: address.into(),
        folded: address.into(),
        bcc: false,
        notify: notify.map(str::to_owned),
        orcpt: Some("rfc822;first+2Bname@y.test".into()),
        treatment: Treatment::Pass,
        state: State::Queued,
        due: Time::from_ms(0),
        attempts: 3,
        since: Time::from_ms(0),
        told_late: false,
        reply: None,
    }
}

fn compose(language: Language, rows: &[(&Row, Why)]) -> String {
    let house = House {
        public_url: "https://portal.test".into(),
        name: "Kanzlei".into(),
        from: "depesche@portal.test".parse().expect("an address"),
        host: "portal.test".into(),
        zone: TimeZone::UTC,
    };
    let envelope = Envelope {
        envid: Some("a+20b".into()),
        ..Envelope::from("anna@corp.test".into())
    };
    let report = Report {
        house: &house,
        language,
        id: MailId::from_bytes([2; 16]),
        envelope: &envelope,
        received: Time::from_ms(1_798_027_200_000),
        now: Time::from_ms(1_798_030_800_000),
        rows,
        original: b"Subject: secret\r\nFrom: anna@corp.test\r\n\r\nthe text\r\n",
    };
    String::from_utf8(report.compose()).expect("ASCII")
}

#[test]
fn a_report_is_for_people_and_for_programs() {
    let refused = Reply::new(Code::MAILBOX_UNAVAILABLE, 1, 1, "nobody\r\nBcc: x");
    let (k, j) = (row("k@partner.test", None), row("jürgen@y.test", None));
    let rows = [(&k, Why::Refused(refused)), (&j, Why::Expired)];
    for language in [Language::De, Language::En, Language::Cs] {
        let raw = compose(language, &rows);
        let mail = MessageParser::new().parse(raw.as_bytes()).expect("a mail");
        let kind = mail.content_type().expect("a type");
        assert_eq!(
            (kind.c_type.as_ref(), kind.c_subtype.as_deref()),
            ("multipart", Some("report"))
        );
        assert_eq!(kind.attribute("report-type"), Some("delivery-status"));
        assert!(mail.body_text(0).expect("text").contains("k@partner.test"));
        assert!(raw.contains("Auto-Submitted: auto-replied"));
        for line in [
            "Reporting-MTA: dns; portal.test",
            "Original-Envelope-Id: a b",
            "Original-Recipient: rfc822; first+name@y.test",
            "Final-Recipient: rfc822; k@partner.test",
            "Status: 5.1.1",
            "Diagnostic-Code: smtp; 550 5.1.1 nobody  Bcc: x",
            "Final-Recipient: utf-8; j\\x{FC}rgen@y.test",
            "Status: 5.4.7",
            "Action: failed",
        ] {
            let whole = format!("\r\n{line}\r\n").replace("  Bcc", " Bcc");
            assert!(raw.contains(&whole), "{line}\n{raw}");
        }
        assert!(!raw.contains("the text"), "the header alone goes back");
        assert!(raw.contains("Subject: secret"));
    }
}

#[test]
fn a_delay_says_until_when_it_is_tried() {
    let k = row("k@partner.test", None);
    let raw = compose(Language::En, &[(&k, Why::Late(Some("451 busy".into())))]);
    assert!(raw.contains("Action: delayed\r\nStatus: 4.4.7\r\n"));
    assert!(raw.contains("Will-Retry-Until: Mon, 28 Dec 2026 12:00:00 +0000"));
}

#[test]
fn nobody_is_told_who_does_not_want_to_be() {
    let from = Envelope::from("anna@corp.test".into());
    let failed = Why::Expired;
    let late = Why::Late(None);
    for (notify, why, wanted) in [
        (None, &failed, true),
        (None, &late, true),
        (None, &Why::Relayed, false),
        (Some("NEVER"), &failed, false),
        (Some("SUCCESS"), &failed, false),
        (Some("FAILURE"), &failed, true),
        (Some("FAILURE"), &late, false),
        (Some("SUCCESS,DELAY"), &late, true),
        (Some("SUCCESS,DELAY"), &Why::Relayed, true),
    ] {
        let row = row("k@partner.test", notify);
        assert_eq!(is_wanted(&from, &row, why), wanted, "{notify:?} {why:?}");
        assert!(!is_wanted(&Envelope::null(), &row, why), "the null sender");
    }
}

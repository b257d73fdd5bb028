//! Nothing that a person or a peer writes ends a line and begins a command, a header or a reply.

use depesche_smtp::address::{Host, Mailbox};
use depesche_smtp::command::Command;
use depesche_smtp::fuzzing::{Conversation, small_settings};
use depesche_smtp::reply::{Code, Reply};
use depesche_smtp::session::wire::Tls;
use depesche_smtp::xtext::Xtext;

const BREAKS: [&str; 12] = [
    "\r\n", "\r", "\n", "\0", "\t", "\u{b}", "\u{7f}", "\u{85}", "\u{2028}", "\u{2029}",
    "\u{200b}", "\u{202e}",
];

#[test]
fn no_typed_value_holds_a_break() {
    for broken in BREAKS {
        for text in [
            format!("a{broken}b@x.test"),
            format!("\"a{broken}b\"@x.test"),
            format!("a@x{broken}y.test"),
            format!("a@x.test{broken}"),
        ] {
            assert!(
                Mailbox::parse(&text).is_err() && Mailbox::parse_recipient(&text).is_err(),
                "{text:?}"
            );
        }
        assert!(Mailbox::parse_recipient(&format!("postmaster{broken}")).is_err());
        for text in [
            format!("x{broken}y.test"),
            format!("x.test{broken}"),
            format!("[127.0.0.1{broken}]"),
        ] {
            assert!(Host::parse(&text).is_err(), "{text:?}");
        }
        assert!(Xtext::encode(&format!("a{broken}b")).is_err());
        assert!(Xtext::parse(&format!("a{broken}b"), 100).is_err());
    }
}

#[test]
fn no_command_holds_a_break() {
    let forms = [
        "EHLO a@.test",
        "HELO @",
        "MAIL FROM:<a@b@x.test>",
        "MAIL FROM:<\"a@b\"@x.test>",
        "MAIL FROM:<> ENVID=a@b",
        "MAIL FROM:<> SIZE=1@",
        "RCPT TO:<a@b@x.test>",
        "RCPT TO:<b@x.test> ORCPT=rfc822;a@b",
        "RCPT TO:<b@x.test> NOTIFY=NEVER@",
        "XFORWARD NAME=a@b",
        "XFORWARD HELO=@",
    ];
    for form in forms {
        for broken in BREAKS {
            let (before, behind) = form.split_once('@').expect("a place");
            let line = format!("{before}{broken}{behind}");
            assert!(Command::parse(line.as_bytes()).is_err(), "{line:?}");
        }
    }
    // Written as xtext they come through every filter of characters.
    for hex in ["+0D", "+0A", "+00", "+09", "+7F", "+85"] {
        for line in [
            format!("MAIL FROM:<> ENVID=a{hex}"),
            format!("RCPT TO:<b@x.test> ORCPT=rfc822;a{hex}"),
            format!("XFORWARD NAME=a{hex}"),
        ] {
            assert!(Command::parse(line.as_bytes()).is_err(), "{line}");
        }
    }
}

#[test]
fn a_reply_stays_one_reply() {
    for broken in BREAKS {
        let mut bytes = Vec::new();
        Reply::new(Code::OK, 0, 0, &format!("a{broken}221 Bye")).write(&mut bytes);
        assert_eq!(
            bytes.iter().filter(|byte| **byte == b'\n').count(),
            1,
            "{broken:?}"
        );
        assert!(bytes.ends_with(b"\r\n"));
    }
}

#[test]
fn what_a_client_writes_does_not_come_back() {
    let mut conversation = Conversation::new(small_settings(), Tls::Unavailable, false);
    conversation.feed(b"EHLO canary.test\r\nMAIL FROM:<canary@x.test>\r\nRCPT TO:<refused-canary@x.test>\r\nCANARY\r\nRCPT TO:<canary\r\n");
    let output = String::from_utf8_lossy(&conversation.so_far.output).to_lowercase();
    assert!(
        !output.contains("canary"),
        "a reply may be read by a program that trusts us: {output}"
    );
}

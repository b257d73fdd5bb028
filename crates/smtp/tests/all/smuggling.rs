//! SMTP smuggling: whatever stands where an end of data could be meant, nobody sees a second mail in it
//! (CVE-2023-51764 to -51766 and their kin).

use depesche_smtp::client::state::TlsWish;
use depesche_smtp::data::{Fed, Receiver, Stuffer, has_whole_line_ends};
use depesche_smtp::fuzzing::{Conversation, Delivery, Transcript, envelope, small_settings};
use depesche_smtp::session::wire::Tls;

const ENDS: [&str; 6] = ["\r\n", "\n", "\r", "\r\r\n", "\n\r", "\0\r\n"];
const DOTS: [&str; 6] = [".", "..", ".\0", "\0.", ". ", ""];
const HEAD: &str = "Subject: a\r\n\r\nfirst";
const EVIL: &str =
    "MAIL FROM:<evil@x.test>\r\nRCPT TO:<victim@y.test>\r\nDATA\r\nevil\r\n.\r\nQUIT\r\n";

fn table() -> impl Iterator<Item = (bool, String)> {
    ENDS.iter().flat_map(|before| {
        DOTS.iter().flat_map(move |dot| {
            ENDS.iter().map(move |behind| {
                let middle = format!("{before}{dot}{behind}");
                (middle.contains("\r\n.\r\n"), middle)
            })
        })
    })
}

fn receive(pieces: [&[u8]; 2]) -> Transcript {
    let mut conversation = Conversation::new(small_settings(), Tls::Unavailable, false);
    for line in [
        "EHLO a.test",
        "MAIL FROM:<anna@x.test>",
        "RCPT TO:<b@y.test>",
        "DATA",
    ] {
        conversation.feed(format!("{line}\r\n").as_bytes());
    }
    pieces.iter().for_each(|piece| conversation.feed(piece));
    conversation.so_far
}

#[test]
fn one_mail_or_a_refusal_wherever_it_is_cut() {
    let mut sessions = 0;
    for (is_end, middle) in table() {
        let wire = [HEAD, &middle, EVIL].concat();
        let whole = receive([wire.as_bytes(), b""]);
        for cut in 0..=wire.len() {
            let got = receive(wire.as_bytes().split_at(cut).into());
            sessions += 1;
            if is_end {
                // Two mails were sent, and a client that waits for its 354 sends two.
                assert_eq!(got.mails.first(), whole.mails.first());
                continue;
            }
            assert_eq!(got, whole, "{middle:?} cut at {cut}");
            let evil = got
                .mails
                .iter()
                .filter(|mail| mail.envelope.sender.from.as_str() != "anna@x.test")
                .count();
            assert_eq!(evil, 0, "{middle:?} brings a second mail");
            let refused = String::from_utf8_lossy(&got.output).contains("\r\n521 5.5.2 ");
            assert!(
                refused == got.mails.is_empty(),
                "{middle:?}: one mail, or a refusal"
            );
            assert!(
                refused || has_whole_line_ends(&got.mails[0].text),
                "{middle:?}"
            );
        }
    }
    assert!(sessions >= 20_000, "{sessions}");
}

#[test]
fn nothing_leaves_that_another_server_could_cut() {
    for (_, middle) in table() {
        let text = [HEAD, &middle, EVIL].concat();
        let mut mail = envelope(&["b@y.test"]);
        mail.sender.size = None;
        let mut delivery = Delivery::new(TlsWish::Never, vec![(mail, text.into_bytes())]);
        for reply in [
            "220 a",
            "250-a\r\n250 8BITMIME",
            "250 ok",
            "250 ok",
            "354 go",
            "250 ok",
        ] {
            delivery.feed(format!("{reply}\r\n").as_bytes());
        }
        let output = delivery.so_far.output;
        assert!(has_whole_line_ends(&output), "{middle:?}");
        let text = output
            .windows(6)
            .position(|window| window == b"DATA\r\n")
            .expect("the text")
            + 6;
        let ends = output
            .windows(5)
            .enumerate()
            .filter(|(at, window)| *at >= text && *window == b"\r\n.\r\n");
        assert_eq!(ends.count(), 1, "{middle:?} ends once");
        assert!(output.ends_with(b"\r\n.\r\nQUIT\r\n"), "{middle:?}");
    }
}

#[test]
fn what_one_side_sends_the_other_takes_as_one() {
    for (_, middle) in table() {
        let text = [HEAD, &middle, EVIL].concat();
        let (mut wire, mut got) = (Vec::new(), Vec::new());
        let mut stuffer = Stuffer::new();
        stuffer.push(text.as_bytes(), &mut wire);
        stuffer.finish(&mut wire);
        let mut receiver = Receiver::new(10_000, 1000);
        assert_eq!(
            receiver.feed(&wire, &mut got),
            (wire.len(), Fed::End),
            "{middle:?}"
        );
        assert!(has_whole_line_ends(&got));
    }
}

//! What holds for any bytes, any cutting and any order.

use depesche_smtp::client::fate::Fate;
use depesche_smtp::client::state::TlsWish;
use depesche_smtp::data::{Fed, Receiver, Stuffer, has_whole_line_ends};
use depesche_smtp::fuzzing::{self, Conversation, Delivery, envelope, small_settings};
use depesche_smtp::session::wire::Tls;
use proptest::prelude::*;

/// Pieces of dialogs, so that random orders of them lead deep.
fn client_bytes() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "EHLO a.test\r\n",
        "HELO a.test\r\n",
        "MAIL FROM:<a@x.test>\r\n",
        "MAIL FROM:<> SIZE=10 BODY=8BITMIME RET=FULL\r\n",
        "MAIL FROM:<ü@x.test> SMTPUTF8\r\n",
        "RCPT TO:<b@x.test>\r\n",
        "RCPT TO:<refused@x.test>\r\n",
        "RCPT TO:<full@x.test>\r\n",
        "RCPT TO:<broken@x.test>\r\n",
        "RCPT TO:<Postmaster> NOTIFY=NEVER\r\n",
        "DATA\r\n",
        ".\r\n",
        "..\r\n",
        "Subject: a\r\n",
        "\r\n",
        "\n",
        "\r",
        ".",
        "\0",
        "RSET\r\n",
        "NOOP\r\n",
        "STARTTLS\r\n",
        "XFORWARD NAME=a\r\n",
        "QUIT\r\n",
        "VRFY a\r\n",
        "x",
    ]);
    let piece = prop_oneof![20 => known.prop_map(|text| text.as_bytes().to_vec()), 1 => prop::collection::vec(any::<u8>(), 0..20)];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn server_bytes() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "220 a\r\n",
        "250 ok\r\n",
        "250-a\r\n",
        "250-PIPELINING\r\n",
        "250-STARTTLS\r\n",
        "250 8BITMIME\r\n",
        "250-SMTPUTF8\r\n",
        "250-SIZE 50\r\n",
        "354 go\r\n",
        "450 4.2.1 later\r\n",
        "550 5.1.1 no\r\n",
        "421 bye\r\n",
        "503 no\r\n",
        "221 bye\r\n",
        "\r\n",
        "\n",
        "x",
    ]);
    prop::collection::vec(known, 0..30).prop_map(|pieces| pieces.concat().into_bytes())
}

fn pieces(text: &[u8], sizes: &[usize]) -> Vec<Vec<u8>> {
    let mut rest = text;
    let mut out = Vec::new();
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, behind) = rest.split_at(rest.len().min((*size).max(1)));
        out.push(piece.to_vec());
        rest = behind;
    }
    out
}

/// What a text becomes on its way: line ends made whole.
fn normal(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' => {
                bytes.next_if_eq(&b'\n');
                out.extend_from_slice(b"\r\n");
            }
            b'\n' => out.extend_from_slice(b"\r\n"),
            _ => out.push(byte),
        }
    }
    if !out.is_empty() && !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![3 => Just(b'.'), 3 => Just(b'\r'), 3 => Just(b'\n'), 3 => Just(b'a'), 1 => any::<u8>()];
    prop::collection::vec(byte, 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn a_session_is_the_same_however_it_is_cut(data in client_bytes()) {
        fuzzing::session(&data);
    }

    #[test]
    fn a_client_keeps_the_laws_whatever_the_server_says(data in server_bytes()) {
        fuzzing::client(&data);
    }

    #[test]
    fn a_text_comes_through_in_any_pieces(text in text(), out in prop::collection::vec(1_usize..9, 1..5), back in prop::collection::vec(1_usize..9, 1..5)) {
        let (mut wire, mut got) = (Vec::new(), Vec::new());
        let mut stuffer = Stuffer::new();
        pieces(&text, &out).iter().for_each(|piece| stuffer.push(piece, &mut wire));
        stuffer.finish(&mut wire);
        prop_assert!(has_whole_line_ends(&wire));
        let mut receiver = Receiver::new(1000, 1000);
        let mut last = Fed::More;
        for piece in pieces(&wire, &back) {
            prop_assert_eq!(last, Fed::More);
            let (used, fed) = receiver.feed(&piece, &mut got);
            prop_assert_eq!(used, piece.len());
            last = fed;
        }
        prop_assert_eq!(last, Fed::End);
        prop_assert_eq!(receiver.size(), got.len() as u64);
        prop_assert_eq!(got, normal(&text));
    }

    /// Both sides against each other, in pieces: every recipient who has the mail was told so, and no other.
    #[test]
    fn both_sides_agree_on_who_has_the_mail(
        mails in prop::collection::vec((prop::collection::vec(prop::sample::select(vec!["b@x.test", "refused1@x.test", "later@x.test", "broken@x.test", "full@x.test", "c@x.test"]), 1..7), text()), 1..4),
        sizes in prop::collection::vec(1_usize..50, 1..5),
    ) {
        let given: Vec<_> = mails.iter().map(|(to, text)| {
            let mut envelope = envelope(to);
            envelope.sender.size = None;
            (envelope, text.clone())
        }).collect();
        let mut settings = small_settings();
        settings.max_errors = 100;
        let mut server = Conversation::new(settings, Tls::Offered, false);
        let mut client = Delivery::new(TlsWish::Required, given);
        let (mut heard, mut said) = (0, 0);
        loop {
            let from_server = server.so_far.output.split_off(heard);
            heard = 0;
            let from_client = client.so_far.output.split_off(said);
            said = 0;
            if from_server.is_empty() && from_client.is_empty() {
                break;
            }
            // What follows STARTTLS or DATA waits for its reply, and so is never in the same piece.
            pieces(&from_server, &sizes).iter().for_each(|piece| client.feed(piece));
            pieces(&from_client, &sizes).iter().for_each(|piece| server.feed(piece));
        }
        prop_assert!(client.so_far.closed && server.so_far.closed, "{:?}", client.so_far.failed);
        let mut arrived = server.so_far.mails.iter();
        for ((to, text), outcome) in mails.iter().zip(&client.so_far.outcomes) {
            let taken: Vec<&str> = to.iter().zip(&outcome.fates).filter(|(_, fate)| fate.is_taken()).map(|(to, _)| *to).collect();
            let answered = outcome.fates.iter().all(|fate| !matches!(fate, Fate::Unanswered));
            prop_assert!(answered);
            if taken.is_empty() {
                continue;
            }
            let mail = arrived.next().expect("whoever was told has it");
            let has: Vec<&str> = mail.envelope.recipients.iter().map(|recipient| recipient.to.as_str()).collect();
            prop_assert_eq!(has, taken);
            prop_assert_eq!(&mail.text, &normal(text));
            prop_assert!(mail.secured);
        }
        prop_assert_eq!(arrived.count(), 0);
    }
}

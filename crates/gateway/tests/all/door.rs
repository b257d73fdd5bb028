//! What is not taken: mail for others from strangers, two mails in one, mails that are too much.

use depesche_domain::Span;
use depesche_gateway::inbound::listen::greets;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::house::{ANNA, House, OUT};
use crate::peer::{Peer, send};

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(test);
}

/// Ways in which mail servers were talked into sending on; none is for `corp.test`.
const RELAYS: &[&str] = &[
    "x@other.test",
    "x@other.test.",
    "x@sub.corp.test.other.test",
    "x@notcorp.test",
    "x@corp.test.evil",
    "x%other.test@corp.test",
    "x%other.test",
    "x@other.test@corp.test",
    "\"x@other.test\"@corp.test",
    "\"x%other.test\"@corp.test",
    "\"x\"@other.test",
    "other.test!x@corp.test",
    "other.test!x",
    "\"other.test!x\"@corp.test",
    "a!b!x@corp.test",
    "x%a%b@corp.test",
    "x@[127.0.0.1]",
    "x@[192.0.2.1]",
    "x@[IPv6:::1]",
    "x%other.test@[127.0.0.1]",
    "x@localhost",
    "x@gw.test",
    "x@portal.test",
    "@corp.test:x@other.test",
    "@corp.test,@a.test:x@other.test",
    "x@other.test ",
    " x@other.test",
    "<x@other.test>",
    "x@corp.test> ORCPT=rfc822;x@other.test> <x@other.test",
    "x@corp.test,x@other.test",
    "x@corp.test x@other.test",
    "x@corp.test\tx@other.test",
    "x@corp.test\0@other.test",
    "x@other.test\\@corp.test",
    "x",
    "",
    "@",
    "@corp.test",
    "root",
    "|/bin/sh@corp.test%other.test",
    "x@1.2.3.4",
    "x@xn--corp-test.other",
    "x@CORP.TEST.other",
    "x@corp\u{ff0e}test.other",
    "x@corp.tes",
    "x@corp",
    "x@.corp.test",
    "x@-corp.test",
    "bounce+00@portal.test",
    "bounce+zz@portal.test",
];

#[test]
fn no_stranger_sends_by_us_to_somebody_else() {
    assert!(RELAYS.len() >= 50);
    run(async {
        let house = House::trusting("192.0.2.0/24").await;
        for from in ["", ANNA, "x@other.test"] {
            for to in RELAYS {
                let mut peer = Peer::connect(house.door).await;
                let replies = peer.announce(from, &[to]).await;
                assert!(
                    replies[0].starts_with('5'),
                    "{from} -> {to:?}: {}",
                    replies[0]
                );
                assert!(peer.say("DATA").await.starts_with('5'));
            }
        }
        for to in ["ben@corp.test", "BEN@Sub.CORP.test", "Postmaster"] {
            let mut peer = Peer::connect(house.door).await;
            let replies = peer.announce("x@other.test", &[to]).await;
            assert!(replies[0].starts_with("250"), "{to}: {}", replies[0]);
        }
        assert_eq!(house.waiting().await, 0);
    });
}

/// A stranger who calls himself one of us gets nothing protected, nor a tag removed.
#[test]
fn a_stranger_does_not_become_one_of_us_by_saying_so() {
    run(async {
        let house = House::trusting("192.0.2.0/24").await;
        let text = "From: anna@corp.test\r\nSubject: (Auto) x\r\n\r\n.";
        assert!(
            send(house.door, ANNA, &["ben@corp.test"], text)
                .await
                .starts_with("250")
        );
        house.work().await;
        assert!(house.hop.mails()[0].text.contains("Subject: (Auto) x"));
    });
}

/// One mail was sent; who reads two is talked into sending the second one, with any sender.
#[test]
fn no_line_end_makes_two_mails_of_one() {
    const ENDS: &[&str] = &[
        "\n.\n",
        "\n.\r\n",
        "\r\n.\n",
        "\r.\r",
        "\r.\r\n",
        "\r\n.\r",
        "\r\n.\r\r\n",
        "\r\n\0.\r\n",
        "\n.\r\r\n",
        "\r.\r\r\n",
        "\r\n.\0\r\n",
        "\r\n..\r\n",
    ];
    run(async {
        let house = House::start().await;
        for end in ENDS {
            let mut peer = Peer::connect(house.door).await;
            peer.announce(ANNA, &[OUT]).await;
            assert!(peer.say("DATA").await.starts_with("354"));
            let inner = format!(
                "Subject: outer\r\n\r\na{end}MAIL FROM:<evil@x.test>\r\nRCPT TO:<v@y.test>\r\nDATA\r\nSubject: inner\r\n\r\nb\r\n.\r\nQUIT\r\n"
            );
            peer.write(inner.as_bytes()).await;
            let said = peer.rest().await;
            house.work().await;
            let mails = house.hop.mails();
            assert!(mails.len() <= 1, "{end:?}: {said}");
            assert!(mails.iter().all(|mail| mail.from == ANNA), "{end:?}");
            assert!(
                !mails.is_empty() || said.starts_with("521 5.5.2") || said.starts_with("5"),
                "{end:?}: taken or refused, not lost: {said}"
            );
            let bare = |text: &str| {
                let whole = text.replace("\r\n", "");
                whole.contains(['\r', '\n'])
            };
            assert!(mails.iter().all(|mail| !bare(&mail.text)), "{end:?}");
        }
    });
}

#[test]
fn what_is_too_much_is_refused_and_nothing_of_it_stays() {
    run(async {
        let house = House::start().await;
        let header = format!("X: y\r\n{}\r\n.", "A: b\r\n".repeat(200_000));
        let reply = send(house.door, ANNA, &[OUT], &header).await;
        assert!(reply.starts_with("552 5.3.4"), "{reply}");
        let long = format!("\r\n{}", "a".repeat(70_000));
        let reply = send(house.door, ANNA, &[OUT], &long).await;
        assert!(reply.starts_with("554 5.6.0"), "{reply}");
        let large = format!("A: b\r\n\r\n{}", "0123456789abcde\r\n".repeat(2 << 20));
        let reply = send(house.door, ANNA, &[OUT], &large).await;
        assert!(reply.starts_with("552 5.3.4"), "{reply}");
        let mut peer = Peer::connect(house.door).await;
        peer.say("EHLO peer.test").await;
        let reply = peer.say("MAIL FROM:<anna@corp.test> SIZE=99999999").await;
        assert!(reply.starts_with("552 5.3.4"), "{reply}");
        // A connection that ends inside a text leaves nothing either.
        peer.say("MAIL FROM:<anna@corp.test>").await;
        peer.say("RCPT TO:<k@partner.test>").await;
        peer.say("DATA").await;
        peer.write(large.as_bytes().get(..1 << 20).expect("a part"))
            .await;
        drop(peer);
        assert_eq!(house.waiting().await, 0);
        house.after(Span::minutes(1)).await;
        assert!(house.hop.mails().is_empty());
        house.until_no_mail_file().await;
    });
}

#[test]
fn a_thousand_recipients_are_taken_and_more_are_named_later() {
    run(async {
        let house = House::start().await;
        let to: Vec<String> = (0..1_010).map(|n| format!("r{n}@partner.test")).collect();
        let to: Vec<&str> = to.iter().map(String::as_str).collect();
        let mut peer = Peer::connect(house.door).await;
        let replies = peer.announce(ANNA, &to).await;
        let taken = replies
            .iter()
            .filter(|reply| reply.starts_with("250"))
            .count();
        assert_eq!(taken, 1_000);
        assert!(
            replies[1_000].starts_with("452 4.5.3"),
            "{}",
            replies[1_000]
        );
        assert!(peer.text(b"Subject: x\r\n\r\ny").await.starts_with("250"));
        house.work().await;
        let mails = house.hop.mails();
        assert_eq!(mails.iter().map(|mail| mail.to.len()).sum::<usize>(), 1_000);
    });
}

#[test]
fn no_address_nor_subject_breaks_a_header() {
    run(async {
        let house = House::start().await;
        for to in [
            "a\r\nDATA@x.test",
            "a\nb@x.test",
            "\"a\r\nb\"@x.test",
            "a\0b@x.test",
            "a\u{7f}b@x.test",
        ] {
            let mut peer = Peer::connect(house.door).await;
            peer.say("EHLO peer.test").await;
            peer.say("MAIL FROM:<anna@corp.test>").await;
            let reply = peer.say(&format!("RCPT TO:<{to}>")).await;
            assert!(!reply.starts_with("250"), "{to:?}: {reply}");
        }
        let mut peer = Peer::connect(house.door).await;
        let reply = peer.say("EHLO a\tb\u{7f}").await;
        assert!(reply.starts_with('5'), "{reply}");
    });
}

/// What `/readyz` asks: a listener that takes connections and serves nobody is not ready.
#[test]
fn only_a_door_that_serves_greets() {
    run(async {
        let house = House::start().await;
        assert!(greets(house.door).await);
        let full = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = full.local_addr().expect("its address");
        let turned_away = async {
            let (mut peer, _) = full.accept().await.expect("a peer");
            peer.write_all(b"421 4.7.0 too many\r\n")
                .await
                .expect("written");
        };
        let (greeted, ()) = tokio::join!(greets(address), turned_away);
        assert!(!greeted);
        drop(full);
        assert!(!greets(address).await, "nobody listens");
    });
}

/// The peer was gone before it heard `250`, and comes again with the same mail.
#[test]
fn the_same_mail_handed_in_again_goes_once() {
    run(async {
        let house = House::start().await;
        let large = format!(
            "Message-ID: <2@corp.test>\r\n\r\n{}",
            "0123456789abcdef\r\n".repeat(10_000)
        );
        let small = "Message-ID: <1@corp.test>\r\nSubject: x\r\n\r\none";
        for text in [small, large.as_str()] {
            for _ in 0..3 {
                let reply = send(house.door, ANNA, &[OUT], text).await;
                assert!(reply.starts_with("250"), "{reply}");
            }
            assert_eq!(house.waiting().await, 1);
            house.work().await;
            house.until_no_mail_file().await;
            let again = send(house.door, ANNA, &[OUT], text).await;
            assert!(again.starts_with("250"), "{again}");
            assert_eq!(house.waiting().await, 0, "it was sent on already");
            assert_eq!(house.hop.mails().len(), 1);
        }
        house.until_no_mail_file().await;

        // Another sender, recipient, text or id is another mail; so is one that has no id.
        let changed = small.replace("one", "two");
        let renamed = small.replace("<1@", "<3@");
        let nameless = "Subject: x\r\n\r\none";
        for (from, to, text) in [
            ("ben@corp.test", OUT, small),
            (ANNA, "x@partner.test", small),
            (ANNA, OUT, &changed),
            (ANNA, OUT, &renamed),
            (ANNA, OUT, nameless),
            (ANNA, OUT, nameless),
        ] {
            let reply = send(house.door, from, &[to], text).await;
            assert!(reply.starts_with("250"), "{reply}");
        }
        assert_eq!(house.waiting().await, 6);
        house.after(Span::minutes(24 * 60 + 1)).await;
        assert_eq!(house.hop.mails().len(), 6);
        let reply = send(house.door, ANNA, &[OUT], small).await;
        assert!(reply.starts_with("250"), "{reply}");
        assert_eq!(house.waiting().await, 1, "after a day it is meant");
    });
}

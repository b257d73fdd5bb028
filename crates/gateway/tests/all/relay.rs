//! Mail that comes in and leaves: as it was, or not at all in clear.

use std::time::Duration;

use depesche_domain::Span;
use depesche_gateway::port::Decision;

use crate::house::{ANNA, House, OUT};
use crate::peer::{Peer, send};

const TEXT: &str =
    "Message-ID: <1@corp.test>\r\nSubject:  odd   spaces \r\nX: \u{fc}\r\n\r\n..dot\r\nlast";

const CARRIER: &str = "Message-ID: <carrier@corp.test>\r\nSubject: neutral\r\n\r\nsealed\r\n";

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(test);
}

/// The text behind our own two fields.
fn behind_ours(text: &str) -> &str {
    let (trace, rest) = text.split_at(text.find("Received:").expect("our Received"));
    assert!(
        trace.starts_with("X-Depesche-Trace: gw.test;\r\n "),
        "{trace}"
    );
    let end = rest.find("\r\nMessage-ID").expect("the first field") + 2;
    assert!(
        rest[..end].contains("\r\n\tby gw.test (Depesche) with ESMTP id "),
        "{rest}"
    );
    &rest[end..]
}

#[test]
fn untagged_mail_passes_byte_for_byte() {
    run(async {
        let house = House::start().await;
        let reply = send(house.door, ANNA, &[OUT, "b@y.test"], TEXT).await;
        assert!(reply.starts_with("250 2.0.0 Ok: queued as "), "{reply}");
        assert_eq!(house.waiting().await, 2);
        house.work().await;
        let mails = house.hop.mails();
        assert_eq!(mails.len(), 1, "one transaction for both");
        assert_eq!(mails[0].to, [OUT, "b@y.test"]);
        assert_eq!(mails[0].from, ANNA);
        let sent = TEXT.replace("..dot", ".dot");
        assert_eq!(behind_ours(&mails[0].text), format!("{sent}\r\n"));
        assert_eq!(house.waiting().await, 0);
    });
}

#[test]
fn a_large_mail_waits_in_a_sealed_file_that_goes_with_it() {
    run(async {
        let house = House::start().await;
        let line = format!("{}\r\n", "canary ".repeat(100));
        let text = format!("Message-ID: <2@corp.test>\r\n\r\n{}", line.repeat(2_000));
        let text = text.trim_end();
        house.takes(text).await;
        let files = house.files_with("").await;
        assert!(files.iter().any(|path| path.contains("mails")), "{files:?}");
        assert!(
            house.files_with("canary").await.is_empty(),
            "sealed at rest"
        );
        house.work().await;
        let mails = house.hop.mails();
        assert!(behind_ours(&mails[0].text) == format!("{text}\r\n"));
        assert!(
            !house
                .files_with("")
                .await
                .iter()
                .any(|path| path.contains("mails"))
        );
    });
}

#[test]
fn wishes_of_the_sender_are_passed_on() {
    run(async {
        let house = House::start().await;
        let mut peer = Peer::connect(house.door).await;
        peer.say("EHLO peer.test").await;
        peer.say("MAIL FROM:<anna@corp.test> RET=HDRS ENVID=abc")
            .await;
        peer.say("RCPT TO:<k@partner.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;k@partner.test")
            .await;
        assert!(peer.text(TEXT.as_bytes()).await.starts_with("250"));
        house.work().await;
        let mail = house.hop.mails().remove(0);
        assert_eq!(mail.envid.as_deref(), Some("abc"));
        assert_eq!(mail.notify, [Some("SUCCESS,FAILURE".to_owned())]);
    });
}

#[test]
fn a_tagged_mail_never_leaves_in_clear() {
    run(async {
        let house = House::start().await;
        let text =
            "To: k@partner.test, ben@corp.test\r\nSubject: Re: (Auto) Befund\r\n\r\nthe canary";
        let to = [OUT, "ben@corp.test", "hidden@z.test"];
        assert!(send(house.door, ANNA, &to, text).await.starts_with("250"));
        // Nobody can make it yet.
        house.convert.decisions.lock().expect("it").extend([
            Decision::Retry("not_now"),
            Decision::Hold {
                again: house.ctx.now() + Span::days(3),
            },
        ]);
        house.work().await;
        let mails = house.hop.mails();
        assert_eq!(
            mails.len(),
            1,
            "to our own people as it is, without the tag"
        );
        assert_eq!(mails[0].to, ["ben@corp.test"]);
        assert!(
            mails[0].text.contains("\r\nSubject: Re: Befund\r\n"),
            "{}",
            mails[0].text
        );
        let mut states = house.states().await;
        states.sort_unstable();
        assert_eq!(states, ["hold_error", "hold_password"]);
        let asked = house.convert.asked.lock().expect("it").remove(0);
        assert_eq!(asked.0, [OUT, "hidden@z.test"], "both at once");
        leaves_protected(&house).await;
        comes_round(&house).await;
    });
}

/// A password is set, the error has gone.
async fn leaves_protected(house: &House) {
    let carrier = || Decision::Send(CARRIER.as_bytes().to_vec());
    house
        .convert
        .decisions
        .lock()
        .expect("it")
        .extend([carrier(), carrier()]);
    let hidden = "hidden@z.test".parse().expect("an address");
    let woken = depesche_service::spool::wake_held(&house.ctx, &hidden).await;
    assert_eq!(woken.expect("woken"), 1);
    house.after(Span::minutes(2)).await;
    let mails = house.hop.mails();
    assert_eq!(mails.len(), 2);
    assert!(
        mails
            .iter()
            .all(|mail| mail.to.len() == 1 && mail.from == ANNA)
    );
    assert!(mails.iter().all(
            |mail| mail.text.starts_with("X-Depesche-Trace: ") && mail.text.ends_with(CARRIER)
        ));
    assert_eq!(house.waiting().await, 0);
    assert!(house.files_with("canary").await.is_empty());
}

/// Should the protected mail come round, it is known; and an answer to it is protected as well.
async fn comes_round(house: &House) {
    let mark = "X-Depesche-Trace";
    let round = house.hop.last().expect("a mail");
    assert!(round.text.starts_with(mark));
    let to: Vec<&str> = round.to.iter().map(String::as_str).collect();
    let again = send(house.door, ANNA, &to, round.text.trim_end()).await;
    assert!(again.starts_with("554 5.4.6"), "{again}");
    let answer = "In-Reply-To: <carrier@corp.test>\r\n\r\n.";
    house.takes(answer).await;
    assert_eq!(house.states().await, ["convert"]);
}

/// Without it the first "AW:" would quote the secret in clear.
#[test]
fn an_answer_to_a_protected_mail_is_protected() {
    run(async {
        let house = House::start().await;
        let first = "Message-ID: <s@corp.test>\r\nSubject: (Auto) x\r\n\r\n.";
        house.takes(first).await;
        for (answer, protected) in [
            (
                "In-Reply-To: <s@corp.test>\r\nSubject: AW: x\r\n\r\n.",
                true,
            ),
            ("References: <other@x> <s@corp.test>\r\n\r\n.", true),
            ("In-Reply-To: <other@x>\r\n\r\n.", false),
        ] {
            assert!(
                send(house.door, ANNA, &["c@partner.test"], answer)
                    .await
                    .starts_with("250")
            );
            let state = house.state_of("c@partner.test").await;
            assert_eq!(state == "convert", protected, "{answer}: {state}");
            house.hop.mails();
            house.work().await;
            house.drop_all().await;
        }
    });
}

#[test]
fn a_mail_that_comes_back_to_us_is_refused() {
    run(async {
        let house = House::start().await;
        house.takes(TEXT).await;
        house.work().await;
        let went = house.hop.mails().remove(0).text;
        let again = send(house.door, ANNA, &[OUT], went.trim_end()).await;
        assert!(again.starts_with("554 5.4.6"), "{again}");
        let elsewhere = send(house.door, ANNA, &["list@y.test"], went.trim_end()).await;
        assert!(
            elsewhere.starts_with("250"),
            "to somebody else it is no loop: {elsewhere}"
        );
        let many = format!("{}\r\n.", "Received: x\r\n".repeat(26));
        assert!(
            send(house.door, ANNA, &[OUT], &many)
                .await
                .starts_with("554 5.4.6")
        );
    });
}

#[test]
fn a_notice_that_comes_back_is_told_and_not_sent_on() {
    run(async {
        let house = House::trusting("192.0.2.0/24").await;
        let bounce = depesche_gateway::verp::write(&[7; 16], "portal.test");
        let reply = send(house.door, "", &[&bounce], "Subject: failed\r\n\r\nreport").await;
        assert!(reply.starts_with("250"), "from anybody: {reply}");
        let told = house.convert.came_back.lock().expect("it").remove(0);
        assert_eq!(told.0, [7; 16]);
        assert!(told.1.contains("report"));
        assert_eq!(house.waiting().await, 0);
    });
}

/// Nothing under way is lost when the server stops, and nobody waits for it.
#[test]
fn a_server_that_stops_says_so() {
    run(async {
        let house = House::start().await;
        let mut idle = Peer::connect(house.door).await;
        idle.say("EHLO peer.test").await;
        let mut busy = Peer::connect(house.door).await;
        busy.announce(ANNA, &[OUT]).await;
        assert!(busy.say("DATA").await.starts_with("354"));
        house.stop.cancel();
        assert!(idle.reply().await.starts_with("421 4.3.2"));
        busy.write(b"Subject: x\r\n\r\ny\r\n.\r\n").await;
        assert!(busy.reply().await.starts_with("250"));
        assert!(busy.reply().await.starts_with("421 4.3.2"));
        let refused = tokio::time::timeout(Duration::from_secs(30), async {
            while tokio::net::TcpStream::connect(house.door).await.is_ok() {
                tokio::task::yield_now().await;
            }
        });
        refused.await.expect("it does not listen any more");
    });
}

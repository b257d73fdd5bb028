//! The queue: every recipient has a fate of his own, nothing is given up early, and nobody is told who cannot be.

use std::sync::atomic::Ordering::Relaxed;

use depesche_domain::mail::{GIVE_UP, LATE};
use depesche_domain::{MailId, Span};
use depesche_gateway::port::Decision;
use depesche_service::spool;

use crate::house::{ANNA, House, OUT};
use crate::peer::{Peer, send};

const TEXT: &str = "Message-ID: <1@corp.test>\r\nSubject: hello\r\n\r\nthe text";

/// Another mail of the same words.
fn numbered(number: usize) -> String {
    TEXT.replace("<1@", &format!("<{number}@"))
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(test);
}

#[test]
fn one_refused_recipient_keeps_no_other_from_the_mail() {
    run(async {
        let house = House::start().await;
        house.hop.refuse("gone@y.test", 550);
        house.hop.refuse("busy@y.test", 450);
        let to = [OUT, "gone@y.test", "busy@y.test"];
        assert!(send(house.door, ANNA, &to, TEXT).await.starts_with("250"));
        house.work().await;
        let mails = house.hop.mails();
        assert_eq!(mails[0].to, [OUT]);
        let report = &mails[1];
        assert_eq!(
            (report.from.as_str(), report.to.as_slice()),
            ("", [ANNA.to_owned()].as_slice())
        );
        for part in [
            "Action: failed",
            "Final-Recipient: rfc822; gone@y.test",
            "550 5.1.1 not this one",
            "Subject: hello",
        ] {
            assert!(report.text.contains(part), "{part}\n{}", report.text);
        }
        assert!(!report.text.contains("busy@y.test") && !report.text.contains("the text"));
        assert_eq!(house.states().await, ["queued"]);
        house.hop.take_all();
        house.after(Span::minutes(2)).await;
        assert_eq!(house.hop.mails()[0].to, ["busy@y.test"]);
        assert_eq!(house.waiting().await, 0);
    });
}

#[test]
fn a_next_server_that_is_down_for_two_days_loses_nothing() {
    run(async {
        let house = House::start().await;
        house.hop.set_down(true);
        house.takes(TEXT).await;
        assert!(send(house.door, "", &[OUT], TEXT).await.starts_with("250"));
        house.work().await;
        let mut tries = house.hop.connections();
        assert!(tries >= 2);
        // Not before its time.
        house.after(Span::seconds(30)).await;
        assert_eq!(house.hop.connections(), tries);
        for _ in 0..50 {
            house.after(Span::minutes(73)).await;
            assert!(house.hop.connections() > tries, "tried every hour");
            tries = house.hop.connections();
        }
        house.hop.set_down(false);
        house.after(Span::hours(2)).await;
        let mut mails = house.hop.mails();
        mails.sort_by(|a, b| a.from.cmp(&b.from));
        let late = mails
            .iter()
            .filter(|mail| mail.text.contains("Action: delayed"))
            .count();
        assert_eq!(late, 1, "the sender was told once, the null sender never");
        let arrived: Vec<_> = mails.iter().filter(|mail| mail.to == [OUT]).collect();
        assert_eq!(arrived.len(), 2);
        assert_eq!(house.waiting().await, 0);
    });
}

#[test]
fn after_five_days_the_sender_gets_it_back_and_the_null_sender_nothing() {
    run(async {
        let house = House::start().await;
        house.hop.refuse(OUT, 451);
        house.takes(TEXT).await;
        assert!(send(house.door, "", &[OUT], TEXT).await.starts_with("250"));
        let mut peer = Peer::connect(house.door).await;
        peer.say("EHLO peer.test").await;
        peer.say("MAIL FROM:<anna@corp.test>").await;
        peer.say("RCPT TO:<k@partner.test> NOTIFY=NEVER").await;
        peer.text(TEXT.as_bytes()).await;
        house.work().await;
        house.after(LATE).await;
        let late = house.hop.mails();
        assert_eq!(late.len(), 1, "one is told, once");
        assert!(
            late[0].text.contains("Action: delayed") && late[0].text.contains("Will-Retry-Until")
        );
        house
            .after(Span::from_ms(GIVE_UP.ms() - LATE.ms() - 60_000))
            .await;
        assert!(house.hop.mails().is_empty());
        assert_eq!(house.waiting().await, 3, "not a minute early");
        house.after(Span::hours(1)).await;
        let back = house.hop.mails();
        assert_eq!(back.len(), 1);
        assert!(back[0].text.contains("Status: 5.4.7"), "{}", back[0].text);
        assert_eq!(house.waiting().await, 0);
    });
}

/// A report that cannot be delivered is not reported.
#[test]
fn no_report_about_a_report() {
    run(async {
        let house = House::start().await;
        house.hop.refuse(OUT, 550);
        house.hop.refuse(ANNA, 550);
        house.takes(TEXT).await;
        house.work().await;
        assert!(house.hop.mails().is_empty());
        assert_eq!(house.waiting().await, 0);
    });
}

#[test]
fn held_mail_that_is_never_fetched_goes_back_and_nothing_of_it_stays() {
    run(async {
        let house = House::start().await;
        let text = "Subject: (Auto) x\r\n\r\nthe canary";
        house.takes(text).await;
        let again = house.ctx.now() + Span::days(3);
        house
            .convert
            .decisions
            .lock()
            .expect("it")
            .push(Decision::Hold { again });
        house.work().await;
        house.after(Span::days(2)).await;
        assert_eq!(
            house.convert.asked.lock().expect("it").len(),
            1,
            "not before its time"
        );
        house
            .convert
            .decisions
            .lock()
            .expect("it")
            .push(Decision::Expired);
        house.after(Span::days(1)).await;
        assert_eq!(house.convert.asked.lock().expect("it").len(), 2);
        let mails = house.hop.mails();
        assert_eq!(mails.len(), 1);
        assert!(mails[0].text.contains("Status: 5.4.7") && !mails[0].text.contains("the canary"));
        assert_eq!(house.waiting().await, 0);
    });
}

#[test]
fn administrators_try_again_and_take_out() {
    run(async {
        let house = House::start().await;
        house.hop.set_down(true);
        for number in 0..3 {
            house.takes(&numbered(number)).await;
        }
        house.work().await;
        let listed = spool::list(&house.ctx, None, 2).await.expect("a page");
        assert_eq!(listed.len(), 2);
        let last = &listed[1].row;
        let rest = spool::list(&house.ctx, Some((last.since, last.mail, last.position)), 2).await;
        let rest = rest.expect("a page");
        assert_eq!(rest.len(), 1);
        let mails: Vec<MailId> = listed.iter().chain(&rest).map(|one| one.row.mail).collect();
        house.hop.set_down(false);
        spool::drop_row(&house.ctx, mails[0], 0, true)
            .await
            .expect("dropped");
        spool::drop_row(&house.ctx, mails[1], 0, false)
            .await
            .expect("dropped");
        assert!(
            spool::drop_row(&house.ctx, mails[1], 0, false)
                .await
                .is_err()
        );
        house.work().await;
        let reports = house.hop.mails();
        assert_eq!(reports.len(), 1);
        assert!(reports[0].text.contains("Status: 5.7.0"));
        spool::retry(&house.ctx, mails[2], 0).await.expect("tried");
        house.work().await;
        assert_eq!(house.hop.mails()[0].to, [OUT]);
        assert_eq!(house.waiting().await, 0);
    });
}

#[test]
fn connections_are_kept_for_the_next_mail() {
    run(async {
        let house = House::start().await;
        for number in 0..30 {
            house.takes(&numbered(number)).await;
        }
        house.work().await;
        assert_eq!(house.hop.mails().len(), 30);
        assert!(house.hop.connections() <= 20, "{}", house.hop.connections());
    });
}

/// The key of a restored mail is gone: its sender is told, and the queue goes on.
#[test]
fn a_mail_whose_key_is_gone_is_reported() {
    run(async {
        let house = House::start().await;
        house.hop.set_down(true);
        house.takes(TEXT).await;
        house.work().await;
        house.hop.set_down(false);
        house.after_lost_keys().await;
        let mails = house.hop.mails();
        assert_eq!(mails.len(), 1);
        assert!(mails[0].text.contains("Status: 5.3.0"), "{}", mails[0].text);
    });
}

/// A task that broke off never gave its place back: after two mails nothing was protected any more.
#[test]
fn what_breaks_the_program_holds_up_no_other_mail_and_is_tried_again() {
    run(async {
        let house = House::start().await;
        let carrier = || Decision::Send(b"Subject: protected\r\n\r\n".to_vec());
        house.convert.breaks.store(5, Relaxed);
        for _ in 0..6 {
            let text = "Subject: (Auto) x\r\n\r\nthe canary";
            house.takes(text).await;
        }
        house.convert.decisions.lock().expect("it").push(carrier());
        house.work().await;
        assert_eq!(house.hop.mails().len(), 1, "the sixth went out");
        let rows = spool::list(&house.ctx, None, 10).await.expect("a list");
        assert_eq!(rows.len(), 5);
        for one in rows {
            assert_eq!(one.row.state.name(), "hold_error");
            assert_eq!(one.row.reply.as_deref(), Some("broke off"));
        }
        let script = |decision| house.convert.decisions.lock().expect("it").push(decision);
        (0..5).for_each(|_| script(carrier()));
        house.after(Span::minutes(2)).await;
        let mails = house.hop.mails();
        assert_eq!(mails.len(), 5);
        assert!(mails.iter().all(|mail| !mail.text.contains("the canary")));
        assert_eq!(house.waiting().await, 0);
    });
}

/// Held for a week, and the next server busy for a minute: it was given back at once, as tried for five days.
#[test]
fn what_was_held_is_tried_as_long_as_any_other() {
    run(async {
        let house = House::start().await;
        let text = "Subject: (Auto) x\r\n\r\nthe canary";
        house.takes(text).await;
        let again = house.ctx.now() + Span::days(7);
        let script = |decision| house.convert.decisions.lock().expect("it").push(decision);
        script(Decision::Hold { again });
        house.work().await;
        house.hop.refuse(OUT, 451);
        script(Decision::Retry("not drawn"));
        house.after(Span::days(7)).await;
        assert_eq!(house.states().await, ["hold_error"]);
        script(Decision::Send(b"Subject: protected\r\n\r\n".to_vec()));
        house.after(Span::minutes(3)).await;
        assert_eq!(house.states().await, ["queued"]);
        house.hop.take_all();
        house.after(Span::minutes(3)).await;
        let mails = house.hop.mails();
        let protected = mails.iter().find(|mail| mail.to == [OUT]);
        assert!(protected.is_some_and(|mail| mail.text.contains("protected")));
        assert!(
            mails
                .iter()
                .all(|mail| !mail.text.contains("Action: failed"))
        );
        assert_eq!(house.waiting().await, 0);
    });
}

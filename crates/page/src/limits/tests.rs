//! Bombs are refused, and mails that look a little like one are not.

use std::fmt::Write as _;

use super::*;
use crate::letter::Letter;
use crate::read::read;

fn refused(mail: &[u8]) -> Refused {
    read(mail, &Limits::default()).expect_err("a bomb")
}

fn read_anyway(mail: &[u8]) -> Letter {
    read(mail, &Limits::default()).expect("a letter")
}

#[test]
fn mails_inside_mails_are_counted_before_they_are_opened() {
    let bomb = "Content-Type: message/rfc822\r\n\r\n".repeat(500_000);
    assert_eq!(refused(bomb.as_bytes()), Refused::TooManyParts);
    let deep = "Content-Type: message/rfc822\r\n\r\n".repeat(100);
    assert_eq!(refused(deep.as_bytes()), Refused::TooDeep);
    let forwarded = "Content-Type: message/rfc822\r\n\r\n".repeat(20);
    assert!(!read_anyway(forwarded.as_bytes()).attachments.is_empty());
}

#[test]
fn a_mail_in_base64_stays_closed() {
    let bomb = "Content-Type: message/rfc822\r\n\r\n".repeat(100_000);
    let text: String = bomb.bytes().fold(String::new(), |mut out, b| {
        let _ = write!(out, "={b:02X}");
        out
    });
    let mail = format!(
        "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{text}"
    );
    let letter = read_anyway(mail.as_bytes());
    assert_eq!(letter.attachments.len(), 1);
    assert_eq!(letter.attachments[0].media_type, "message/rfc822");
    assert_eq!(letter.attachments[0].content, bomb.as_bytes());
    assert!(letter.attachments[0].name.ends_with(".eml"));
}

#[test]
fn groups_inside_groups_are_refused() {
    let mut bomb = String::new();
    for n in 0..5_000 {
        let _ = write!(
            bomb,
            "Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"
        );
    }
    assert_eq!(refused(bomb.as_bytes()), Refused::TooManyParts);
    assert_eq!(refused(&bomb.as_bytes()[..2_000]), Refused::TooDeep);
}

#[test]
fn boundaries_that_never_come_are_refused() {
    let mut bomb = "Content-Type: multipart/mixed; boundary=x\r\n\r\n".to_owned();
    for n in 0..900 {
        let _ = write!(
            bomb,
            "--x\r\nContent-Type: multipart/mixed;\r\n boundary=\"missing {n}\"\r\n\r\n"
        );
    }
    bomb.push_str(&"a".repeat(1 << 20));
    assert_eq!(refused(bomb.as_bytes()), Refused::TooManyParts);
}

#[test]
fn a_hundred_thousand_empty_parts_are_refused() {
    let bomb = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n{}",
        "--b\r\n\r\n".repeat(100_000)
    );
    assert_eq!(refused(bomb.as_bytes()), Refused::TooManyParts);
    let many = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n{}",
        "--b\r\n\r\n".repeat(1_500)
    );
    assert_eq!(refused(many.as_bytes()), Refused::TooManyParts);
}

#[test]
fn endless_headers_are_refused() {
    let field = format!("X-Long: {}\r\n\r\n", "a".repeat(70_000));
    assert_eq!(refused(field.as_bytes()), Refused::HeadersTooLong);
    let folded = format!("X-Long: {}\r\n\r\n", "a\r\n ".repeat(70_000));
    assert_eq!(refused(folded.as_bytes()), Refused::HeadersTooLong);
    let block = "X-Many: a\r\n".repeat(100_000);
    assert_eq!(refused(block.as_bytes()), Refused::HeadersTooLong);
    let small = Limits {
        size: 10,
        ..Limits::default()
    };
    assert_eq!(read(b"Subject: hello", &small), Err(Refused::TooLarge));
}

#[test]
fn a_log_full_of_header_lines_is_no_bomb() {
    let log = "Content-Type: text/html\nContent-Type: application/json\n--x\n".repeat(10_000);
    let letter = read_anyway(format!("Subject: log\n\n{log}").as_bytes());
    assert_eq!(letter.headers.subject, "log");
    assert!(!matches!(letter.body, crate::letter::Body::None));
}

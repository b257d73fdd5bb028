//! E2: logins that are begun without end, half of them by clients that do not wait for the answer. Everybody else is
//! served, and the server's memory stays what it was.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use depesche_tests::client::{Client, link_of};
use depesche_tests::server::{Server, Setup};
use depesche_tests::{tree, wire};
use serde_json::json;

/// KE1 of RFC 9807, Appendix C.1.1.
const KE1: &str = "c4dedb0ba6ed5d965d6f250fbe554cd45cba5dfcce3ce836e4aee778aa3cd44d\
                   da7e07376d6d6f034cfa9bb537d11b8c6b4238c334333d1f0aebb380cae6a6cc\
                   6e29bee50701498605b2c085d7b241ca15ba5c32027dd21ba420b94ce60da326";
/// Attackers, each at an address of its own.
const PLACES: u8 = 16;
/// Logins that each begins.
const EACH: usize = 800;
/// What the server may need for the 10,000 logins that it keeps at most, and for the connections.
const ROOM: u64 = 64 << 20;

/// The first request of a login to nobody's account.
fn begin(number: usize, to: SocketAddr) -> String {
    let request = HEXLOWER.decode(KE1.as_bytes()).expect("hexadecimal");
    let request = BASE64URL_NOPAD.encode(&request);
    let body = json!({"email": format!("{number}@example.test"), "request": request}).to_string();
    format!(
        "POST /api/v1/login/start HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Waits for every other answer only. A server with too much to do may refuse.
fn begin_many(place: u8, to: SocketAddr) {
    for number in 0..EACH {
        let Ok(mut stream) = wire::connect_from([127, 0, 2, place + 1], to) else {
            continue;
        };
        let said = stream.write_all(begin(usize::from(place) * EACH + number, to).as_bytes());
        if said.is_ok() && number % 2 == 0 {
            let _ = stream.read_to_end(&mut Vec::new());
        }
    }
}

/// Says that it is over, when dropped.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn others_are_served_while_logins_are_begun_without_end() {
    let server = Server::start(Setup::demo());
    let anna = server.anna();
    let file = server.folder().join("note.txt");
    tree::write(&file, "a note");
    let sent = anna.send(&file, "eva@example.test", &[]);
    let link = link_of(&sent, "eva@example.test");
    let first = wire::say(server.listen, begin(usize::MAX, server.listen).as_bytes());
    assert_eq!(first.status, 200, "{}", first.text());
    let before = server.resident();

    let (over, to) = (AtomicBool::new(false), server.listen);
    let served = std::thread::scope(|scope| {
        let attackers: Vec<_> = (0..PLACES)
            .map(|place| scope.spawn(move || begin_many(place, to)))
            .collect();
        // It ends with this closure, whatever fails in it.
        let end = Over(&over);
        let reader = scope.spawn(|| {
            let mut served = 0_u32;
            while !over.load(Ordering::Relaxed) {
                for path in ["/readyz", "/api/v1/info", "/login"] {
                    assert_eq!(wire::get(to, path).status, 200, "{path}");
                    served += 1;
                }
            }
            served
        });
        // In the middle of it all: somebody logs in, somebody opens a delivery.
        let again = server.anna();
        let _ = again.run(["list"]).done();
        let _ = Client::guest(&server.url).fetch(&link, &[]).done();
        for attacker in attackers {
            attacker.join().expect("it ends");
        }
        drop(end);
        reader.join().expect("everything is served")
    });
    let after = server.resident();
    println!(
        "{served} served, {} KiB more",
        after.saturating_sub(before) >> 10
    );
    assert!(served > 0);
    assert!(
        after <= before + ROOM,
        "{before} bytes before, {after} after"
    );
    let _ = server.anna();
}

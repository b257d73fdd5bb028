//! G14: two thousand clients that say nothing, little, or read nothing, and one good one that does not notice.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use depesche_tests::server::{Server, Setup};
use depesche_tests::wait::until;
use depesche_tests::wire;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

const SLOW: usize = 2_000;
const MIB: u64 = 1 << 20;

fn good_requests(server: &Server) -> Duration {
    let mut times: Vec<Duration> = (0..100)
        .map(|_| {
            let begun = Instant::now();
            assert_eq!(wire::get(server.listen, "/readyz").status, 200);
            begun.elapsed()
        })
        .collect();
    times.sort();
    times[98]
}

#[test]
fn slow_clients_do_not_stop_a_good_one() {
    let files = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: files.maximum,
            ..files
        },
    )
    .expect("up to the hard limit");
    let server = Server::start(Setup::default());
    let _ = good_requests(&server);
    let before = server.resident();
    let host = server.listen;
    let openings = [
        String::new(),
        "GET /healthz HTTP/1.1\r\nHost: ".to_owned(),
        format!(
            "POST /api/v1/login/start HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n{{"
        ),
        format!("GET /api/openapi.json HTTP/1.1\r\nHost: {host}\r\n\r\n").repeat(20),
    ];
    let mut slow: Vec<TcpStream> = (0..SLOW)
        .map(|n| {
            let last = u8::try_from(1 + n % 20).expect("small");
            let mut stream =
                wire::connect_from([127, 0, 1, last], server.listen).expect("a connection");
            stream
                .write_all(openings[n % openings.len()].as_bytes())
                .expect("it is taken");
            stream
        })
        .collect();
    let p99 = good_requests(&server);
    let during = server.resident();
    println!(
        "p99 {p99:?}, {} MiB before, {} MiB during",
        before / MIB,
        during / MIB
    );
    assert!(during <= 512 * MIB, "{} MiB", during / MIB);
    // Who says nothing is sent away by the server itself.
    until("the silent ones are sent away", || {
        slow.retain_mut(is_open);
        let silent = slow.len();
        (silent <= SLOW / 2).then_some(())
    });
    drop(slow);
    until("their connections are gone", || {
        let metrics = wire::get(server.listen, "/metrics").text();
        let open = metrics
            .lines()
            .find_map(|line| line.strip_prefix("depesche_connections "));
        let open: u64 = open.expect("a line").parse().expect("a number");
        (open <= 2).then_some(())
    });
    // The allocator keeps what was freed for the next flood; it does not grow.
    assert!(server.resident() <= during + 32 * MIB);
}

fn is_open(stream: &mut TcpStream) -> bool {
    stream.set_nonblocking(true).expect("a socket");
    let mut byte = [0];
    match stream.read(&mut byte) {
        Ok(0) => false,
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
    }
}

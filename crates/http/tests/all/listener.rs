//! Slow clients, many clients, and the end.

use crate::house::{House, Own, PATIENCE, Wire};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::{get, post};
use depesche_http::net::limits::Limits;
use http_body_util::BodyExt;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

const SHORT: Duration = Duration::from_millis(80);
const GET: &str = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

fn hello() -> Own {
    Own(Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/take", post(take)))
}

/// Says how much came, and whether it came to its end.
async fn take(request: Request) -> String {
    let mut body = request.into_body();
    let mut bytes = 0;
    loop {
        match body.frame().await {
            Some(Ok(frame)) => bytes += frame.data_ref().map_or(0, bytes::Bytes::len),
            Some(Err(error)) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                return format!("{bytes} then {}", cause.unwrap_or_default());
            }
            None => return format!("{bytes} and the end"),
        }
    }
}

#[tokio::test]
async fn a_connection_serves_several_requests() {
    let house = House::new(hello(), Limits::default()).await;
    let mut wire = house.connect().await;
    for _ in 0..3 {
        wire.send(GET).await;
        let answer = wire.answer().await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.text(), "hello");
    }
}

/// Gives how long the server kept the connection after `begin` was sent.
async fn kept(limits: Limits, begin: &[u8]) -> (String, Duration) {
    let house = House::new(hello(), limits).await;
    let mut wire = house.connect().await;
    let since = Instant::now();
    wire.send(begin).await;
    let got = wire.rest().await;
    assert!(
        house
            .metrics
            .text()
            .contains("connections_too_slow_total 1\n")
    );
    (got, since.elapsed())
}

#[tokio::test]
async fn a_slow_head_ends_the_connection() {
    let limits = Limits {
        head: SHORT,
        ..Limits::default()
    };
    for begin in ["", "G", "GET / HTTP/1.1\r\nHost: local", "\r\n"] {
        let (got, after) = kept(limits, begin.as_bytes()).await;
        assert_eq!(got, "", "{begin:?}");
        assert!(after >= SHORT && after < PATIENCE, "{begin:?}: {after:?}");
    }
    // The second request is held to the same.
    let house = House::new(hello(), limits).await;
    let mut wire = house.connect().await;
    wire.send(GET).await;
    assert_eq!(wire.answer().await.text(), "hello");
    wire.send(b"GET").await;
    assert_eq!(wire.rest().await, "");
}

#[tokio::test]
async fn an_idle_connection_ends() {
    let limits = Limits {
        idle: SHORT,
        ..Limits::default()
    };
    let (got, after) = kept(limits, GET.as_bytes()).await;
    assert!(got.ends_with("hello") && after >= SHORT);
}

#[tokio::test]
async fn a_slow_body_is_given_up() {
    let limits = Limits {
        pace_within: SHORT,
        pace_bytes: 10,
        ..Limits::default()
    };
    let house = House::new(hello(), limits).await;
    let head = "POST /take HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n";
    let answer = house.ask(format!("{head}123456789")).await;
    assert_eq!(answer.text(), "9 then the request came too slowly");
    let answer = house.ask(format!("{head}{}", "1".repeat(100))).await;
    assert_eq!(answer.text(), "100 and the end");
}

/// Answers without end; tells when it is given up.
pub(crate) struct Endless(pub(crate) Arc<Semaphore>);

impl http_body::Body for Endless {
    type Data = bytes::Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<bytes::Bytes>, Infallible>>> {
        let chunk = bytes::Bytes::from_static(&[0; 65536]);
        Poll::Ready(Some(Ok(http_body::Frame::data(chunk))))
    }
}

impl Drop for Endless {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_given_up() {
    let limits = Limits {
        pace_within: SHORT,
        ..Limits::default()
    };
    let given_up = Arc::new(Semaphore::new(0));
    let of_handler = given_up.clone();
    let endless = move || async move { Body::new(Endless(of_handler)) };
    let house = House::new(Own(Router::new().route("/", get(endless))), limits).await;
    let mut wire = house.connect().await;
    wire.send(GET).await;
    let permit = tokio::time::timeout(PATIENCE, given_up.acquire()).await;
    assert!(permit.is_ok_and(|permit| permit.is_ok()));
}

/// Waits until `allowed` may go on: a request that runs as long as the test wants.
fn waiting(begun: &Arc<Semaphore>, allowed: &Arc<Semaphore>) -> Own {
    let (begun, allowed) = (begun.clone(), allowed.clone());
    let handler = move || async move {
        begun.add_permits(1);
        allowed.acquire().await.expect("not closed").forget();
        "done"
    };
    Own(hello().0.route("/wait", get(handler)))
}

const WAIT: &str = "GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n";

async fn one(semaphore: &Semaphore) {
    let permit = tokio::time::timeout(PATIENCE, semaphore.acquire()).await;
    permit.expect("in time").expect("not closed").forget();
}

/// A client whose request is running, and what lets it go on.
async fn one_waits(limits: Limits) -> (House, Wire<TcpStream>, Arc<Semaphore>) {
    let (begun, allowed) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let house = House::new(waiting(&begun, &allowed), limits).await;
    let mut wire = house.connect().await;
    wire.send(WAIT).await;
    one(&begun).await;
    (house, wire, allowed)
}

#[tokio::test]
async fn one_client_has_so_many_places() {
    let limits = Limits {
        connections_per_client: 2,
        ..Limits::default()
    };
    let house = House::new(hello(), limits).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut wire = house.connect().await;
        wire.send(GET).await;
        assert_eq!(wire.answer().await.status(), 200);
        held.push(wire);
    }
    assert_eq!(house.ask(GET).await.status(), 0, "closed at once");
    assert!(
        house
            .metrics
            .text()
            .contains("connections_refused_total 1\n")
    );
    drop(held.pop());
    // The server sees the end a moment later.
    let again = async { while house.ask(GET).await.status() == 0 {} };
    let again = tokio::time::timeout(PATIENCE, again).await;
    again.expect("a place that is free again is given");
}

#[tokio::test]
async fn more_connections_than_there_is_room_for_wait() {
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let (begun, allowed) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let house = House::new(waiting(&begun, &allowed), limits).await;
    let mut first = house.connect().await;
    first.send(WAIT).await;
    one(&begun).await;
    let mut second = house.connect().await;
    second.send(WAIT).await;
    allowed.add_permits(1);
    assert_eq!(first.answer().await.text(), "done");
    assert_eq!(begun.available_permits(), 0, "the second has not begun");
    drop(first);
    one(&begun).await;
    allowed.add_permits(1);
    assert_eq!(second.answer().await.text(), "done");
}

#[tokio::test]
async fn stopping_lets_running_requests_finish() {
    let (begun, allowed) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let house = House::new(waiting(&begun, &allowed), Limits::default()).await;
    let mut idle = house.connect().await;
    idle.send(GET).await;
    assert_eq!(idle.answer().await.status(), 200);
    let mut silent = house.connect().await;
    let mut busy = house.connect().await;
    busy.send(WAIT).await;
    one(&begun).await;
    house.stop.cancel();
    assert_eq!(idle.rest().await, "", "closed");
    assert_eq!(silent.rest().await, "", "closed");
    assert!(TcpStream::connect(house.at).await.is_err(), "no new ones");
    allowed.add_permits(1);
    let answer = busy.rest().await;
    assert!(answer.ends_with("done"), "{answer}");
    let ended = tokio::time::timeout(PATIENCE, house.server).await;
    ended.expect("in time").expect("without a panic");
}

#[tokio::test]
async fn stopping_does_not_wait_for_ever() {
    let limits = Limits {
        stop: SHORT,
        ..Limits::default()
    };
    let (house, mut busy, _allowed) = one_waits(limits).await;
    house.stop.cancel();
    let ended = tokio::time::timeout(PATIENCE, house.server).await;
    ended.expect("in time").expect("without a panic");
    assert_eq!(busy.rest().await, "");
}

#[tokio::test]
async fn heads_have_a_size() {
    let house = House::new(hello(), Limits::default()).await;
    let with = |lines: &str| format!("GET / HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n");
    let many: String = (0..70).map(|n| format!("X-{n}: 1\r\n")).collect();
    for (request, expected) in [
        (with(&format!("X: {}\r\n", "x".repeat(16 << 10))), 200),
        (with(&format!("X: {}\r\n", "x".repeat(80 << 10))), 431),
        (with(&many), 431),
        (
            format!(
                "GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "x".repeat(70_000)
            ),
            431,
        ),
        ("GET / HTTP/1.1\nHost localhost\n\n".to_owned(), 400),
        ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n".to_owned(), 400),
    ] {
        let answer = house.ask(&request).await;
        assert_eq!(answer.status(), expected, "{request:.60} {answer:?}");
    }
    // HTTP/2 without TLS is not spoken.
    assert_eq!(
        house.ask("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.status(),
        0
    );
}

#[tokio::test]
async fn a_client_that_has_said_all_is_answered() {
    let (house, mut wire, allowed) = one_waits(Limits::default()).await;
    wire.stream.shutdown().await.expect("its half is closed");
    // By the answer to a later request the server knows.
    assert_eq!(house.ask(GET).await.text(), "hello");
    allowed.add_permits(1);
    let answer = wire.rest().await;
    assert!(answer.ends_with("done"), "{answer}");
}

#[tokio::test]
async fn a_client_that_vanishes_leaves_nothing_running() {
    let (house, wire, allowed) = one_waits(Limits::default()).await;
    drop(wire);
    allowed.add_permits(1);
    let gone = async {
        while !house.metrics.text().contains("depesche_connections 0\n") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, gone)
        .await
        .expect("the connection is forgotten");
}

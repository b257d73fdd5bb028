//! HTTP/2: what one connection may ask for, and floods of it.

use crate::house::{House, Own, PATIENCE};
use crate::listener::Endless;
use crate::tls::{Files, connect};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::{get, post};
use depesche_http::net::limits::Limits;
use depesche_http::net::tls;
use h2::client::SendRequest;
use h2::{Reason, RecvStream};
use http_body_util::BodyExt;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

type Client = SendRequest<bytes::Bytes>;

struct Http2 {
    house: House,
    client: Client,
    connection: JoinHandle<Result<(), h2::Error>>,
}

async fn http2(app: Own, limits: Limits) -> Http2 {
    let (files, root) = Files::new();
    let config = tls::config(Arc::new(files.load().expect("a certificate"))).expect("a config");
    let house = House::with_tls(app, limits, Some(config)).await;
    let stream = connect(&house, &root, rustls::ALL_VERSIONS, &[b"h2"]).await;
    let (client, connection) = h2::client::handshake(stream.expect("TLS"))
        .await
        .expect("HTTP/2");
    Http2 {
        house,
        client,
        connection: tokio::spawn(connection),
    }
}

fn request(path: &str) -> http::Request<()> {
    let request = http::Request::get(format!("https://localhost{path}"));
    request.body(()).expect("a request")
}

async fn whole(mut body: RecvStream) -> usize {
    let mut bytes = 0;
    while let Some(data) = body.data().await {
        let data = data.expect("data");
        bytes += data.len();
        body.flow_control()
            .release_capacity(data.len())
            .expect("released");
    }
    bytes
}

#[tokio::test]
async fn rapid_resets_end_the_connection() {
    let never = Arc::new(Semaphore::new(0));
    let wait = move || async move {
        let _ = never.acquire().await;
    };
    let http2 = http2(Own(Router::new().route("/", get(wait))), Limits::default()).await;
    // CVE-2023-44487: each request is taken back at once.
    let mut sent = 0_usize;
    let flood = async {
        while let Ok(mut client) = http2.client.clone().ready().await {
            let Ok((_, mut stream)) = client.send_request(request("/"), false) else {
                return;
            };
            stream.send_reset(Reason::CANCEL);
            sent += 1;
            tokio::task::yield_now().await;
        }
    };
    let ended = tokio::time::timeout(PATIENCE, flood).await;
    ended.expect("the flood is stopped");
    assert!(sent < 1_000, "{sent} requests were taken back");
    // GOAWAY, if it was read before the connection broke.
    let told = http2.connection.await.expect("without a panic");
    let told = told.expect_err("the server ends the connection");
    assert!(matches!(
        told.reason(),
        None | Some(Reason::ENHANCE_YOUR_CALM)
    ));
}

#[tokio::test]
async fn large_heads_are_refused() {
    let app = Own(Router::new().route("/", get(|| async { "hello" })));
    let http2 = http2(app, Limits::default()).await;
    let mut client = http2.client.ready().await.expect("ready");
    let mut large = request("/");
    let value = "x".repeat(60_000).parse().expect("a value");
    large.headers_mut().insert("x-large", value);
    let (answer, _) = client.send_request(large, true).expect("sent");
    let status = answer.await.expect("an answer").status();
    assert_eq!(status, 431);
}

#[tokio::test]
async fn so_many_requests_run_at_once() {
    let (running, go) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let (of_handler, wait) = (running.clone(), go.clone());
    let handler = move || async move {
        of_handler.add_permits(1);
        wait.acquire().await.expect("not closed").forget();
    };
    let limits = Limits {
        streams: 3,
        ..Limits::default()
    };
    let http2 = http2(Own(Router::new().route("/", get(handler))), limits).await;
    let mut answers = Vec::new();
    // The server's settings arrive with the first answer at the latest.
    go.add_permits(1);
    let mut client = http2.client.clone().ready().await.expect("ready");
    let (first, _) = client.send_request(request("/"), true).expect("sent");
    first.await.expect("an answer");
    for _ in 0..3 {
        let mut client = http2.client.clone().ready().await.expect("ready");
        answers.push(client.send_request(request("/"), true).expect("sent").0);
    }
    let four = tokio::time::timeout(PATIENCE, running.acquire_many(4)).await;
    four.expect("they begin").expect("not closed").forget();
    // A fourth has to wait for one of them, on the client's side already.
    let (fourth, _) = client
        .ready()
        .await
        .expect("ready")
        .send_request(request("/"), true)
        .expect("queued");
    assert_eq!(running.available_permits(), 0);
    go.add_permits(1);
    let fifth = tokio::time::timeout(PATIENCE, running.acquire()).await;
    fifth
        .expect("it begins when another is done")
        .expect("not closed")
        .forget();
    go.add_permits(3);
    for answer in answers {
        answer.await.expect("an answer");
    }
    fourth.await.expect("an answer");
}

#[tokio::test]
async fn bodies_come_and_go() {
    let echo = |request: Request| async { Body::new(request.into_body()) };
    let http2 = http2(Own(Router::new().route("/", post(echo))), Limits::default()).await;
    let mut client = http2.client.ready().await.expect("ready");
    let mut echo = request("/");
    *echo.method_mut() = http::Method::POST;
    let (answer, mut stream) = client.send_request(echo, false).expect("sent");
    let size = 5_000_000;
    let sending = async {
        let mut left = size;
        while left > 0 {
            stream.reserve_capacity(left.min(65_536));
            let capacity = std::future::poll_fn(|cx| stream.poll_capacity(cx)).await;
            let capacity = capacity.expect("open").expect("capacity").min(left);
            left -= capacity;
            stream
                .send_data(vec![7; capacity].into(), left == 0)
                .expect("sent");
        }
    };
    let receiving = async { whole(answer.await.expect("an answer").into_body()).await };
    let ((), received) = tokio::join!(sending, receiving);
    assert_eq!(received, size);
}

#[tokio::test]
async fn an_answer_that_is_not_taken_ends_the_connection() {
    let limits = Limits {
        pace_within: std::time::Duration::from_millis(80),
        ..Limits::default()
    };
    let dropped = Arc::new(Semaphore::new(0));
    let endless = move || async move { Body::new(Endless(dropped)) };
    let http2 = http2(Own(Router::new().route("/", get(endless))), limits).await;
    let mut client = http2.client.ready().await.expect("ready");
    let (answer, _) = client.send_request(request("/"), true).expect("sent");
    // The window stays shut: nothing of the body is taken.
    let body = answer.await.expect("an answer").into_body();
    let ended = tokio::time::timeout(PATIENCE, http2.connection).await;
    ended
        .expect("the connection ends")
        .expect("without a panic")
        .expect_err("cut");
    assert!(
        http2
            .house
            .metrics
            .text()
            .contains("connections_too_slow_total 1\n")
    );
    drop(body);
}

#[tokio::test]
async fn a_slow_body_is_given_up() {
    let limits = Limits {
        pace_within: std::time::Duration::from_millis(80),
        ..Limits::default()
    };
    let take = |request: Request| async {
        let collected = request.into_body().collect().await;
        collected.map_or_else(|error| error.to_string(), |_| "whole".into())
    };
    let http2 = http2(Own(Router::new().route("/", post(take))), limits).await;
    let mut client = http2.client.ready().await.expect("ready");
    let mut slow = request("/");
    *slow.method_mut() = http::Method::POST;
    let (answer, mut stream) = client.send_request(slow, false).expect("sent");
    stream.send_data("x".into(), false).expect("sent");
    let body = answer
        .await
        .expect("an answer")
        .into_body()
        .collect_text()
        .await;
    assert_eq!(body, "the request came too slowly");
}

trait CollectText {
    async fn collect_text(self) -> String;
}

impl CollectText for RecvStream {
    async fn collect_text(mut self) -> String {
        let mut text = Vec::new();
        while let Some(data) = self.data().await {
            text.extend_from_slice(&data.expect("data"));
        }
        String::from_utf8(text).expect("text")
    }
}

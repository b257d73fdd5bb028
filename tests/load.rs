//! A bounded load on the loopback interface, for `bench/`: handoffs through create, take and commit, or the same
//! requests to a server that answers anything.
//!
//! `handoff_load PORT SECONDS CONNECTIONS` prints one line of JSON. It never sleeps: on one machine whoever answers a
//! sleeping load wakes it, which takes up to two microseconds of the server's time that no server on a network spends.
//! With `asleep` as a fourth word it sleeps when it has nothing to do. `handoff_load PORT fill COUNT` makes slots,
//! prints a line, waits for a line, takes and commits them all, and prints a line.

use std::io;
use std::time::{Duration, Instant};

use data_encoding::BASE64URL_NOPAD as B64;
use depesche_client::seal::primitives::sha256;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const SEALED: usize = 4096;

/// One connection that is kept.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    host: String,
    /// Seconds of each request.
    took: Vec<f64>,
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}

impl Connection {
    async fn open(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::new(),
            host: format!("127.0.0.1:{port}"),
            took: Vec::new(),
        })
    }

    /// Says it; gives the status and the body.
    async fn ask(&mut self, line: &str, headers: &str, body: &[u8]) -> io::Result<(u16, Vec<u8>)> {
        let started = Instant::now();
        let head = format!(
            "{line} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n{headers}\r\n",
            self.host,
            body.len()
        );
        let mut request = head.into_bytes();
        request.extend_from_slice(body);
        self.stream.write_all(&request).await?;
        self.buffer.clear();
        let (end, length) = loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let found = self.buffer.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = found {
                let head = String::from_utf8_lossy(&self.buffer[..end]).to_ascii_lowercase();
                let length = head.split("content-length: ").nth(1);
                let length = length.and_then(|rest| rest.split("\r\n").next());
                break (end + 4, length.map_or(0, number));
            }
        };
        while self.buffer.len() < end + length {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        self.took.push(started.elapsed().as_secs_f64());
        let status = String::from_utf8_lossy(&self.buffer[9..12]).into_owned();
        Ok((number(&status) as u16, self.buffer[end..].to_vec()))
    }

    async fn create(&mut self) -> io::Result<String> {
        let headers = format!(
            "Content-Type: application/octet-stream\r\nHandoff-Auth: {}\r\nHandoff-Source: {}\r\n",
            B64.encode(&sha256(&[1; 32])),
            B64.encode(&sha256(&[2; 32]))
        );
        let (status, body) = self
            .ask("POST /api/v1/handoffs", &headers, &[7; SEALED])
            .await?;
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        // A server that answers anything gives no id.
        let id = body["id"].as_str().unwrap_or("AAAAAAAAAAAAAAAAAAAAAA");
        assert!(status < 300, "{status} {body}");
        Ok(id.to_owned())
    }

    async fn take_and_commit(&mut self, id: &str) -> io::Result<()> {
        let token = B64.encode(&[3; 32]);
        let proof = json!({"auth": B64.encode(&[1; 32]), "token": token}).to_string();
        let line = format!("POST /api/v1/handoffs/{id}/take");
        let json = "Content-Type: application/json\r\n";
        let (status, body) = self.ask(&line, json, proof.as_bytes()).await?;
        assert!(
            status < 300 && (body.is_empty() || body.len() == SEALED),
            "{status}"
        );
        let line = format!("POST /api/v1/handoffs/{id}/commit");
        let headers = format!("Authorization: Handoff {token}\r\n");
        let (status, _) = self.ask(&line, &headers, b"").await?;
        assert!(status < 300, "{status}");
        Ok(())
    }
}

async fn one(port: u16, until: Instant) -> io::Result<Vec<f64>> {
    let mut connection = Connection::open(port).await?;
    while Instant::now() < until {
        let id = connection.create().await?;
        connection.take_and_commit(&id).await?;
    }
    Ok(connection.took)
}

/// Has something to do for ever, so that its thread looks for answers instead of waiting for them.
async fn stay_awake() {
    loop {
        tokio::task::yield_now().await;
    }
}

async fn load(port: u16, seconds: f64, connections: usize, awake: bool) -> io::Result<Value> {
    let started = Instant::now();
    let until = started + Duration::from_secs_f64(seconds);
    if awake {
        tokio::spawn(stay_awake());
    }
    let all: Vec<_> = (0..connections)
        .map(|_| tokio::spawn(one(port, until)))
        .collect();
    let mut took = Vec::new();
    for connection in all {
        took.extend(connection.await.map_err(io::Error::other)??);
    }
    let elapsed = started.elapsed().as_secs_f64();
    took.sort_by(f64::total_cmp);
    let at = |share: f64| took.get((took.len() as f64 * share) as usize).copied();
    Ok(json!({
        "requests": took.len(),
        "per_second": took.len() as f64 / elapsed,
        "p50": at(0.5),
        "p99": at(0.99),
    }))
}

async fn fill(port: u16, count: usize) -> io::Result<()> {
    let mut connection = Connection::open(port).await?;
    let mut ids = Vec::with_capacity(count);
    for _ in 0..count {
        ids.push(connection.create().await?);
    }
    println!("filled");
    let mut line = String::new();
    tokio::io::BufReader::new(tokio::io::stdin())
        .read_line(&mut line)
        .await?;
    for id in &ids {
        connection.take_and_commit(id).await?;
    }
    println!("taken");
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [port, how, count, rest @ ..] = arguments.as_slice() else {
        panic!("PORT SECONDS CONNECTIONS [asleep], or PORT fill COUNT");
    };
    let awake = rest.first().is_none_or(|word| word != "asleep");
    let port = port.parse().expect("a port");
    if how == "fill" {
        return fill(port, number(count)).await;
    }
    let result = load(port, how.parse().expect("seconds"), number(count), awake).await?;
    println!("{result}");
    Ok(())
}

//! A server of canned answers: one connection after the other, one answer each.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// What was asked, head and body as they came.
pub(crate) type Asked = Arc<Mutex<Vec<String>>>;

/// Answers the connections with `answers` in turn; an empty answer cuts the connection. Gives the address.
pub(crate) async fn serve(answers: Vec<String>) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let asked = Asked::default();
    let log = Arc::clone(&asked);
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut request = Vec::new();
            let mut room = [0; 4096];
            while !is_whole(&request) {
                let read = stream.read(&mut room).await.expect("a request");
                request.extend_from_slice(&room[..read]);
                if read == 0 {
                    break;
                }
            }
            log.lock()
                .expect("log")
                .push(String::from_utf8_lossy(&request).into_owned());
            stream.write_all(answer.as_bytes()).await.expect("answered");
        }
    });
    (base, asked)
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let announced = head.lines().find_map(|line| {
        line.to_ascii_lowercase()
            .strip_prefix("content-length: ")
            .map(str::to_owned)
    });
    let announced = announced.map_or(0, |length| length.parse::<usize>().expect("a length"));
    body.len() >= announced
}

/// An answer with a body, after which the connection ends.
pub(crate) fn answer(status: &str, kind: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

//! Requests written by hand: byte for byte what is said, and what comes back.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;
use socket2::{Domain, Socket, Type};

use crate::wait::LONGEST;

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// 0 if nothing came.
    pub status: u16,
    /// Lines before the body.
    pub head: String,
    /// What follows.
    pub body: Vec<u8>,
}

impl Answer {
    fn read(bytes: Vec<u8>) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.unwrap_or(bytes.len());
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let status = head.split(' ').nth(1).and_then(|text| text.parse().ok());
        Self {
            status: status.unwrap_or(0),
            body: bytes.get(end + 4..).unwrap_or_default().to_vec(),
            head,
        }
    }

    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// A connection from this loopback address: one client alone may not hold all connections.
///
/// # Errors
/// Those of the system.
pub fn connect_from(from: [u8; 4], to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((from, 0)).into())?;
    socket.connect(&to.into())?;
    Ok(socket.into())
}

/// Sends bytes and reads until the other side ends.
///
/// # Panics
/// If there is no connection.
#[must_use]
pub fn say(to: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(to).expect("a connection");
    stream.set_read_timeout(Some(LONGEST)).expect("a timeout");
    // The other side may refuse before it has read all.
    let _ = stream.write_all(bytes);
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said);
    Answer::read(said)
}

/// One request: `line` is method and path, `headers` are lines that each end in CR LF.
///
/// # Panics
/// If there is no connection.
#[must_use]
pub fn ask(to: SocketAddr, line: &str, headers: &str, body: &[u8]) -> Answer {
    let length = if body.is_empty() && !line.starts_with("POST") && !line.starts_with("PUT") {
        String::new()
    } else {
        format!("Content-Length: {}\r\n", body.len())
    };
    let head =
        format!("{line} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n{headers}{length}\r\n");
    say(to, &[head.as_bytes(), body].concat())
}

/// As [`ask`] without headers or body.
///
/// # Panics
/// If there is no connection.
#[must_use]
pub fn get(to: SocketAddr, path: &str) -> Answer {
    ask(to, &format!("GET {path}"), "", b"")
}

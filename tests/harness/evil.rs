//! A server that lies: the real one, and what it answers is changed on the way. It keeps what it was asked.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::Value;

/// A request that came in.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `GET`, …
    pub method: String,
    /// Below `/api/v1`.
    pub path: String,
    /// As it was sent.
    pub body: Vec<u8>,
}

impl Asked {
    /// Whether it is this route; `*` stands for one id.
    #[must_use]
    pub fn is(&self, method: &str, route: &str) -> bool {
        let path = self.path.split('?').next().unwrap_or_default();
        let (have, want) = (path.split('/'), route.split('/'));
        self.method == method
            && have.clone().count() == want.clone().count()
            && have
                .zip(want)
                .all(|(have, want)| want == "*" || have == want)
    }
}

/// What the real server answered, and what the client gets.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Of HTTP.
    pub status: u16,
    head: Vec<String>,
    /// Without any coding of the wire.
    pub body: Vec<u8>,
}

impl Answer {
    /// As JSON.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// Puts JSON in its place.
    pub fn put(&mut self, value: &Value) {
        self.body = value.to_string().into_bytes();
    }
}

type Lie = Box<dyn FnMut(&Asked, &mut Answer) + Send>;

#[derive(Default)]
struct Shared {
    target: Option<SocketAddr>,
    lie: Option<Lie>,
    asked: Vec<Asked>,
}

/// The lying server. It ends with the test's process.
#[derive(Clone)]
pub struct Evil {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

impl Evil {
    /// Listens on a port of its own; who answers is said by [`Evil::stand_before`].
    ///
    /// # Panics
    /// If there is no port.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let evil = Self {
            address: listener.local_addr().expect("its address"),
            shared: Arc::default(),
        };
        let shared = Arc::clone(&evil.shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                // A client that goes away has heard enough.
                std::thread::spawn(move || drop(serve(stream, &shared)));
            }
        });
        evil
    }

    /// What clients speak to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on that server answers.
    ///
    /// # Panics
    /// If a lie failed.
    pub fn stand_before(&self, target: SocketAddr) {
        self.lock().target = Some(target);
    }

    /// From now on answers are changed so, and what was asked before is forgotten.
    ///
    /// # Panics
    /// If a lie failed.
    pub fn lie(&self, lie: impl FnMut(&Asked, &mut Answer) + Send + 'static) {
        let mut shared = self.lock();
        shared.lie = Some(Box::new(lie));
        shared.asked.clear();
    }

    /// Honest again.
    ///
    /// # Panics
    /// If a lie failed.
    pub fn stop(&self) {
        self.lock().lie = None;
    }

    /// What was asked since the lie began.
    ///
    /// # Panics
    /// If a lie failed.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.lock().asked.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().expect("no lie failed")
    }
}

fn serve(mut client: TcpStream, shared: &Mutex<Shared>) -> std::io::Result<()> {
    let (head, body) = read_message(&mut client)?;
    let mut first = head[0].split(' ');
    let (method, url) = (
        first.next().unwrap_or_default(),
        first.next().unwrap_or_default(),
    );
    let asked = Asked {
        method: method.to_owned(),
        path: url.strip_prefix("/api/v1").unwrap_or(url).to_owned(),
        body,
    };
    let target = shared.lock().expect("no lie failed").target;
    let mut server = TcpStream::connect(target.expect("a server behind it"))?;
    let kept = head.iter().filter(|line| !is_about_the_wire(line));
    let mut message: String = kept.map(|line| format!("{line}\r\n")).collect();
    message += &format!(
        "connection: close\r\ncontent-length: {}\r\n\r\n",
        asked.body.len()
    );
    server.write_all(message.as_bytes())?;
    server.write_all(&asked.body)?;
    let (head, body) = read_message(&mut server)?;
    let status = head[0].split(' ').nth(1).and_then(|s| s.parse().ok());
    let mut answer = Answer {
        status: status.unwrap_or(502),
        head: head[1..].to_vec(),
        body,
    };
    {
        let mut shared = shared.lock().expect("no lie failed");
        if let Some(lie) = &mut shared.lie {
            lie(&asked, &mut answer);
        }
        shared.asked.push(asked);
    }
    let kept = answer.head.iter().filter(|line| !is_about_the_wire(line));
    let mut message = format!("HTTP/1.1 {} said\r\n", answer.status);
    message.extend(kept.map(|line| format!("{line}\r\n")));
    message += &format!(
        "connection: close\r\ncontent-length: {}\r\n\r\n",
        answer.body.len()
    );
    client.write_all(message.as_bytes())?;
    client.write_all(&answer.body)
}

fn is_about_the_wire(line: &str) -> bool {
    let name = line
        .split(':')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    [
        "connection",
        "content-length",
        "transfer-encoding",
        "expect",
    ]
    .contains(&name.as_str())
}

/// Lines of the head, and the body; what has neither length nor chunks has none.
fn read_message(stream: &mut TcpStream) -> std::io::Result<(Vec<String>, Vec<u8>)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        more(stream, &mut bytes)?;
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let head: Vec<String> = head.split("\r\n").map(str::to_owned).collect();
    let mut rest = bytes.split_off(end + 4);
    let field = |name: &str| {
        let lower = head.iter().map(|line| line.to_ascii_lowercase());
        lower
            .filter_map(|line| {
                Some(
                    line.strip_prefix(name)?
                        .trim_start_matches(':')
                        .trim()
                        .to_owned(),
                )
            })
            .next()
    };
    if field("transfer-encoding").is_some_and(|coding| coding.contains("chunked")) {
        return Ok((head, read_chunks(stream, rest)?));
    }
    let length: usize = field("content-length")
        .and_then(|l| l.parse().ok())
        .unwrap_or(0);
    while rest.len() < length {
        more(stream, &mut rest)?;
    }
    rest.truncate(length);
    Ok((head, rest))
}

fn read_chunks(stream: &mut TcpStream, mut rest: Vec<u8>) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let Some(at) = rest.windows(2).position(|window| window == b"\r\n") else {
            more(stream, &mut rest)?;
            continue;
        };
        let size = String::from_utf8_lossy(&rest[..at]).into_owned();
        let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16);
        let size = size.map_err(std::io::Error::other)?;
        while rest.len() < at + 2 + size + 2 {
            more(stream, &mut rest)?;
        }
        body.extend_from_slice(&rest[at + 2..at + 2 + size]);
        rest.drain(..at + 2 + size + 2);
        if size == 0 {
            return Ok(body);
        }
    }
}

fn more(stream: &mut TcpStream, into: &mut Vec<u8>) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    match stream.read(&mut buffer)? {
        0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
        length => {
            into.extend_from_slice(&buffer[..length]);
            Ok(())
        }
    }
}

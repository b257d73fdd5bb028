//! A peer that writes what it likes.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

pub(crate) struct Peer(BufReader<TcpStream>);

impl Peer {
    pub(crate) async fn connect(to: SocketAddr) -> Self {
        let mut peer = Self(BufReader::new(
            TcpStream::connect(to).await.expect("a connection"),
        ));
        let greeting = peer.reply().await;
        assert!(greeting.starts_with("220 "), "{greeting}");
        peer
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.expect("it is written");
    }

    /// The last line of the next reply; empty at the end.
    pub(crate) async fn reply(&mut self) -> String {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await.expect("it is read");
            if line.as_bytes().get(3) != Some(&b'-') {
                return line.trim_end().to_owned();
            }
        }
    }

    pub(crate) async fn say(&mut self, line: &str) -> String {
        self.write(format!("{line}\r\n").as_bytes()).await;
        self.reply().await
    }

    /// Everything until the other side closes.
    pub(crate) async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        // A reset is an end as well.
        let _ = self.0.read_to_end(&mut rest).await;
        String::from_utf8_lossy(&rest).into_owned()
    }

    /// EHLO, MAIL and each RCPT; gives the replies to RCPT.
    pub(crate) async fn announce(&mut self, from: &str, to: &[&str]) -> Vec<String> {
        self.say("EHLO peer.test").await;
        let reply = self.say(&format!("MAIL FROM:<{from}>")).await;
        assert!(reply.starts_with("250"), "{reply}");
        let mut replies = Vec::new();
        for to in to {
            replies.push(self.say(&format!("RCPT TO:<{to}>")).await);
        }
        replies
    }

    /// DATA and a text, with its end. Gives the reply.
    pub(crate) async fn text(&mut self, text: &[u8]) -> String {
        let reply = self.say("DATA").await;
        if !reply.starts_with("354") {
            return reply;
        }
        self.write(text).await;
        self.write(b"\r\n.\r\n").await;
        self.reply().await
    }
}

/// One mail over a connection of its own; gives the last reply.
pub(crate) async fn send(door: SocketAddr, from: &str, to: &[&str], text: &str) -> String {
    let mut peer = Peer::connect(door).await;
    for reply in peer.announce(from, to).await {
        if !reply.starts_with("250") {
            return reply;
        }
    }
    peer.text(text.as_bytes()).await
}

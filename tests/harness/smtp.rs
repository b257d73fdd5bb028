//! Mails handed in by SMTP (RFC 5321).

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};

use crate::wait::LONGEST;

/// One connection to a mail server.
pub struct Peer(BufReader<TcpStream>);

impl Peer {
    /// Connected, and greeted.
    ///
    /// # Errors
    /// The connection failed.
    pub fn connect(to: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(to)?;
        stream.set_read_timeout(Some(LONGEST))?;
        let mut peer = Self(BufReader::new(stream));
        peer.reply()?;
        peer.say("EHLO peer.test")?;
        Ok(peer)
    }

    /// The last line of the next reply.
    ///
    /// # Errors
    /// The connection ended.
    pub fn reply(&mut self) -> io::Result<String> {
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(line.trim_end().to_owned());
            }
        }
    }

    /// Bytes as they are.
    ///
    /// # Errors
    /// The connection ended.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.get_mut().write_all(bytes)
    }

    /// A command and its reply.
    ///
    /// # Errors
    /// The connection ended.
    pub fn say(&mut self, line: &str) -> io::Result<String> {
        self.0
            .get_mut()
            .write_all(format!("{line}\r\n").as_bytes())?;
        self.reply()
    }

    /// One mail; gives the reply that decided its fate.
    ///
    /// # Errors
    /// The connection ended before that reply.
    pub fn send(&mut self, from: &str, to: &[&str], text: &[u8]) -> io::Result<String> {
        let mut lines = vec![format!("MAIL FROM:<{from}>")];
        lines.extend(to.iter().map(|to| format!("RCPT TO:<{to}>")));
        lines.push("DATA".into());
        for line in lines {
            let reply = self.say(&line)?;
            if !reply.starts_with(['2', '3']) {
                self.say("RSET")?;
                return Ok(reply);
            }
        }
        self.0.get_mut().write_all(text)?;
        self.0.get_mut().write_all(b"\r\n.\r\n")?;
        self.reply()
    }
}

/// One mail over a connection of its own, taken.
///
/// # Panics
/// If it is not taken.
pub fn send(to: SocketAddr, from: &str, recipients: &[&str], text: &str) {
    let mut peer = Peer::connect(to).expect("a connection");
    let reply = peer.send(from, recipients, text.as_bytes());
    let reply = reply.expect("a reply");
    assert!(reply.starts_with("250 "), "{reply}");
}

//! Both sides over a real connection, one after the other, without TLS: to try them against other programs.
//!
//! ```sh
//! cargo run --release -p depesche-smtp --example live -- serve 127.0.0.1:2525 20   # twenty connections
//! smtp-source -m 100 -s 1 -l 5000 -f a@x.test -t b@y.test 127.0.0.1:2525
//! smtp-sink 127.0.0.1:2526 10
//! cargo run --release -p depesche-smtp --example live -- send 127.0.0.1:2526 100   # a hundred mails
//! ```

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use depesche_smtp::client::state::{Client, Content, TlsWish};
use depesche_smtp::client::step::Step as ClientStep;
use depesche_smtp::fuzzing::{envelope, host};
use depesche_smtp::session::state::Session;
use depesche_smtp::session::step::Step;
use depesche_smtp::session::wire::{Settings, Tls};

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", address, count] => serve(address, count.parse().expect("a number")),
        ["send", address, count] => send(address, count.parse().expect("a number")),
        _ => Err(io::Error::other(
            "serve ADDRESS CONNECTIONS, or send ADDRESS MAILS",
        )),
    }
}

fn serve(address: &str, connections: usize) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    let (mut mails, mut bytes) = (0, 0);
    for stream in listener.incoming().take(connections) {
        let (more, size) = session(stream?)?;
        mails += more;
        bytes += size;
    }
    println!("{mails} mails, {bytes} bytes");
    Ok(())
}

fn session(mut stream: TcpStream) -> io::Result<(usize, u64)> {
    let (mut mails, mut bytes) = (0, 0);
    let mut session = Session::new(
        Settings::new(host("live.test"), 50 << 20),
        Tls::Unavailable,
        true,
    );
    let mut buffer = vec![0; 64 * 1024];
    loop {
        session = match session.step() {
            Step::Input(mut session) => {
                stream.write_all(&session.take_output())?;
                let count = stream.read(&mut buffer)?;
                if count == 0 {
                    return Ok((mails, bytes));
                }
                session.feed(&buffer[..count]);
                session
            }
            Step::Sender(ask) => ask.accept(),
            Step::Recipient(ask) => ask.accept(),
            Step::Content(ask) => ask.accept(),
            Step::Text(session, _) | Step::Dropped(session) => session,
            Step::Finished(ask) => {
                mails += 1;
                bytes += ask.size();
                ask.accept("here")
            }
            Step::StartTls(ask) => ask.secured(),
            Step::Closed(output) => {
                stream.write_all(&output)?;
                return Ok((mails, bytes));
            }
        };
    }
}

fn send(address: &str, mails: usize) -> io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    let mut client = Client::new(host("live.test"), TlsWish::Never, false);
    let (mut left, mut taken) = (mails, 0);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let step = client.step();
        client = match step {
            ClientStep::Input(mut client) => {
                stream.write_all(&client.take_output())?;
                let count = stream.read(&mut buffer)?;
                if count == 0 {
                    return Err(io::Error::other(format!("{:?}", client.lost())));
                }
                client.feed(&buffer[..count]);
                client
            }
            ClientStep::Content(content) => text(&mut stream, content)?,
            ClientStep::Done(ready, outcome) => {
                taken += outcome.fates.iter().filter(|fate| fate.is_taken()).count();
                next(ready, &mut left)
            }
            ClientStep::Ready(ready) => next(ready, &mut left),
            ClientStep::StartTls(handshake) => handshake.secured(),
            ClientStep::Failed(failed) => return Err(io::Error::other(format!("{failed:?}"))),
            ClientStep::Closed => {
                println!("{taken} recipients have a mail");
                return Ok(());
            }
        };
    }
}

fn next(ready: depesche_smtp::client::state::Ready, left: &mut usize) -> Client {
    if *left == 0 {
        return ready.quit();
    }
    *left -= 1;
    ready.send(envelope(&["b@y.test", "c@y.test", "Postmaster"]))
}

fn text(stream: &mut TcpStream, mut content: Content) -> io::Result<Client> {
    content.push(b"Subject: live\r\n\r\n");
    for line in 0..100 {
        content.push(format!(".{line} a line that begins with a dot\r\n").as_bytes());
        stream.write_all(&content.take_output())?;
    }
    Ok(content.finish())
}

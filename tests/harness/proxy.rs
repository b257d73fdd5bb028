//! A wire between client and server that counts what passes and can stop at any byte.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From client to server.
    Up,
    /// From server to client.
    Down,
}

/// Bytes that passed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Passed {
    /// From client to server.
    pub up: u64,
    /// From server to client.
    pub down: u64,
}

/// Tells that the byte is reached; the wire stands still until the answer.
struct Trap {
    way: Way,
    left: u64,
    reached: SyncSender<()>,
    on: Receiver<()>,
}

#[derive(Default)]
struct Shared {
    target: Option<SocketAddr>,
    passed: Passed,
    trap: Option<Trap>,
    open: Vec<TcpStream>,
    gates: Gates,
}

/// Held while the wire stands still that way, on all connections.
#[derive(Clone, Default)]
struct Gates {
    up: Arc<Mutex<()>>,
    down: Arc<Mutex<()>>,
}

impl Gates {
    fn of(&self, way: Way) -> &Mutex<()> {
        match way {
            Way::Up => &self.up,
            Way::Down => &self.down,
        }
    }
}

/// The wire. It ends with the test's process.
#[derive(Clone)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

/// The wire's end of a trap: see [`Proxy::stop_at`].
pub struct Stop {
    reached: Receiver<()>,
    go_on: SyncSender<()>,
}

impl Stop {
    /// Whether the byte is reached; from then on the wire stands still until this is dropped.
    #[must_use]
    pub fn is_reached(&self) -> bool {
        self.reached.try_recv().is_ok()
    }

    /// The wire goes on.
    pub fn go_on(self) {
        // Nobody waits if the byte was never reached.
        let _ = self.go_on.try_send(());
    }
}

impl Proxy {
    /// Listens on a port of its own; where to is said by [`Proxy::lead_to`].
    ///
    /// # Panics
    /// If there is no port.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let proxy = Self {
            address: listener.local_addr().expect("its address"),
            shared: Arc::default(),
        };
        let shared = Arc::clone(&proxy.shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                connect(stream, &shared);
            }
        });
        proxy
    }

    /// What clients speak to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on connections go there.
    ///
    /// # Panics
    /// If a connection failed.
    pub fn lead_to(&self, target: SocketAddr) {
        self.lock().target = Some(target);
    }

    /// What has passed in all.
    ///
    /// # Panics
    /// If a connection failed.
    #[must_use]
    pub fn passed(&self) -> Passed {
        self.lock().passed
    }

    /// Stands still when so many more bytes have passed that way.
    ///
    /// # Panics
    /// If a connection failed.
    #[must_use]
    pub fn stop_at(&self, way: Way, bytes: u64) -> Stop {
        let (reached, is_reached) = sync_channel(1);
        let (go_on, on) = sync_channel(1);
        self.lock().trap = Some(Trap {
            way,
            left: bytes,
            reached,
            on,
        });
        Stop {
            reached: is_reached,
            go_on,
        }
    }

    /// Cuts every connection there is.
    ///
    /// # Panics
    /// If a connection failed.
    pub fn cut(&self) {
        for stream in self.lock().open.drain(..) {
            // It may be cut already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().expect("no connection failed")
    }
}

fn connect(client: TcpStream, shared: &Arc<Mutex<Shared>>) {
    let target = shared.lock().expect("no connection failed").target;
    let Some(Ok(server)) = target.map(TcpStream::connect) else {
        return;
    };
    let (Ok(from_client), Ok(from_server)) = (client.try_clone(), server.try_clone()) else {
        return;
    };
    if let Ok(end) = client.try_clone() {
        shared.lock().expect("no connection failed").open.push(end);
    }
    for (from, to, way) in [
        (from_client, server, Way::Up),
        (from_server, client, Way::Down),
    ] {
        let shared = Arc::clone(shared);
        std::thread::spawn(move || {
            // An end of one side is an end of both.
            let _ = carry(&from, &to, way, &shared);
            let _ = from.shutdown(Shutdown::Both);
            let _ = to.shutdown(Shutdown::Both);
        });
    }
}

fn carry(
    mut from: &TcpStream,
    mut to: &TcpStream,
    way: Way,
    shared: &Mutex<Shared>,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    let gates = shared.lock().expect("no connection failed").gates.clone();
    loop {
        let length = from.read(&mut buffer)?;
        if length == 0 {
            return Ok(());
        }
        drop(gates.of(way).lock());
        let (before, trap) = count(shared, way, length);
        let written = to.write_all(&buffer[..before]);
        // Also where the wire is cut by now: the trap is taken, and nobody else would tell of it.
        if let Some(trap) = trap {
            let _still = gates.of(way).lock();
            let _ = trap.reached.send(());
            // Ends too if the test does.
            let _ = trap.on.recv();
        }
        written?;
        to.write_all(&buffer[before..length])?;
    }
}

/// Counts bytes; gives how many are before the trap, and the trap if they reach it.
fn count(shared: &Mutex<Shared>, way: Way, length: usize) -> (usize, Option<Trap>) {
    let mut shared = shared.lock().expect("no connection failed");
    let bytes = length as u64;
    match way {
        Way::Up => shared.passed.up += bytes,
        Way::Down => shared.passed.down += bytes,
    }
    match &mut shared.trap {
        Some(trap) if trap.way == way && trap.left < bytes => {
            let before = usize::try_from(trap.left).unwrap_or(length);
            (before, shared.trap.take())
        }
        Some(trap) if trap.way == way => {
            trap.left -= bytes;
            (length, None)
        }
        _ => (length, None),
    }
}

//! The listener: how many may connect at once, and the orderly end.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use depesche_smtp::reply::{Code, Reply};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::door::Door;
use super::talk::talk;
use crate::port::Convert;

/// Connections at once.
const MOST: usize = 1000;
/// Of these from one address that is not trusted.
const MOST_OF_ONE: usize = 50;
/// What is under way when the server stops has so long to end.
const GRACE: Duration = Duration::from_secs(10);

/// Counts connections by address.
#[derive(Default)]
struct Places(Mutex<HashMap<IpAddr, usize>>);

impl Places {
    /// A place, if there is one.
    fn take(self: &Arc<Self>, address: IpAddr, is_trusted: bool) -> Option<Place> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = taken.values().sum();
        let own = taken.get(&address).copied().unwrap_or_default();
        if all >= MOST || (!is_trusted && own >= MOST_OF_ONE) {
            return None;
        }
        taken.insert(address, own + 1);
        drop(taken);
        Some(Place {
            places: Arc::clone(self),
            address,
        })
    }
}

struct Place {
    places: Arc<Places>,
    address: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

impl<C: Convert> Door<C> {
    /// Accepts connections until `stop`, then lets what is under way end.
    pub async fn run(self: Arc<Self>, listener: TcpListener, stop: CancellationToken) {
        let places = Arc::new(Places::default());
        let running = TaskTracker::new();
        let cut = CancellationToken::new();
        while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file handles, or the peer was gone already: others are served meanwhile.
                    tracing::warn!(%error, "a connection for mail cannot be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let address = peer.ip().to_canonical();
            match places.take(address, self.trusts(address)) {
                None => drop(running.spawn(turn_away(stream))),
                Some(place) => {
                    let (door, stop) = (Arc::clone(&self), stop.clone());
                    let talking = async move {
                        talk(&door, stream, address, stop).await;
                        drop(place);
                    };
                    running.spawn(cut.clone().run_until_cancelled_owned(talking));
                }
            }
        }
        drop(listener);
        running.close();
        if tokio::time::timeout(GRACE, running.wait()).await.is_err() {
            tracing::warn!(
                "mail connections that did not end are cut off; nothing unacknowledged is ours"
            );
            cut.cancel();
            running.wait().await;
        }
    }
}

/// Somebody at this address greets as a mail server that serves does. Waits as long as that takes.
pub async fn greets(place: impl ToSocketAddrs) -> bool {
    let greeted = async {
        let mut stream = TcpStream::connect(place).await?;
        let mut code = [0; 3];
        stream.read_exact(&mut code).await?;
        stream.write_all(b"QUIT\r\n").await?;
        std::io::Result::Ok(code)
    };
    greeted.await.is_ok_and(|code| code == *b"220")
}

async fn turn_away(mut stream: TcpStream) {
    let mut out = Vec::new();
    Reply::new(
        Code::UNAVAILABLE,
        7,
        0,
        "too many connections, come back later",
    )
    .write(&mut out);
    // It is only told so.
    let _ = stream.write_all(&out).await;
}

//! G15: memory does not grow with a file, and the disk holds little more than its bytes.

use std::fs;
use std::process::{Child, Command, Stdio};

use depesche_tests::client::{Client, Outcome, link_of};
use depesche_tests::server::Server;
use depesche_tests::tree;
use depesche_tests::wait::until;
use rustix::process::Pid;

const MIB: u64 = 1 << 20;
const YOU: &str = "you@example.test";

/// A field of /proc/PID/status, bytes; none when the process is gone.
pub(crate) fn status(pid: Pid, name: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace()
        .nth(1)?
        .parse::<u64>()
        .ok()
        .map(|kib| kib << 10)
}

/// Runs a command to its end; gives its highest VmHWM (proc(5)), looked at until the end.
fn peak(mut command: Command) -> (Outcome, u64) {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child: Child = command.spawn().expect("it runs");
    let pid = Pid::from_child(&child);
    let mut highest = 0;
    until("it ends", || {
        highest = highest.max(status(pid, "VmHWM:").unwrap_or(0));
        child.try_wait().expect("a child")
    });
    (
        Outcome::of(&child.wait_with_output().expect("it has ended")),
        highest,
    )
}

struct Peaks {
    send: u64,
    fetch: u64,
    /// Of the server, over what it held before.
    server: u64,
}

fn measure(server: &Server, anna: &Client, mib: u64) -> Peaks {
    let path = anna.folder().join(format!("{mib}.bin"));
    // A hole reads as zeros: what is sealed and sent is as large as any file of that size.
    fs::File::create(&path)
        .expect("a file")
        .set_len(mib * MIB)
        .expect("a size");
    // 5 sets VmHWM to what is held now (proc(5)).
    let refs = format!("/proc/{}/clear_refs", server.pid().as_raw_nonzero());
    fs::write(refs, "5").expect("our own process");
    let before = status(server.pid(), "VmRSS:").expect("it runs");
    let name = path.to_str().expect("text");
    let (sent, send) = peak(anna.command(["send", name, "--to", YOU, "--level", "1", "--no-mail"]));
    let sent = sent.done();
    let held = tree::held(&server.data().join("blobs"));
    assert!(
        held * 1000 <= mib * MIB * 1002 + 1000 * 64 * 1024,
        "{held} bytes for {mib} MiB"
    );
    let guest = Client::guest(&server.url);
    let link = link_of(&sent, YOU);
    let (got, fetch) = peak(guest.command(["fetch", &link, "--out", "out", "--email", YOU]));
    assert_eq!(got.done()["files"][0]["size"], mib * MIB);
    let after = status(server.pid(), "VmHWM:").expect("it runs");
    let _ = anna
        .run(["withdraw", sent["id"].as_str().expect("an id")])
        .done();
    Peaks {
        send,
        fetch,
        server: after.saturating_sub(before),
    }
}

#[test]
fn memory_does_not_grow_with_a_file() {
    let server = Server::demo();
    let anna = server.anna();
    for mib in [100, 1024] {
        let peaks = measure(&server, &anna, mib);
        let told = format!(
            "{mib} MiB: send {} MiB, fetch {} MiB, server +{} MiB",
            peaks.send / MIB,
            peaks.fetch / MIB,
            peaks.server / MIB
        );
        println!("{told}");
        assert!(peaks.send <= 48 * MIB && peaks.fetch <= 48 * MIB, "{told}");
        assert!(peaks.server <= 32 * MIB, "{told}");
        let blobs = server.data().join("blobs");
        until("the bytes are removed", || {
            (tree::count(&blobs) == 0).then_some(())
        });
    }
}

/// A server that does nothing holds little.
#[test]
fn an_idle_server_is_small() {
    let server = Server::demo();
    assert_eq!(
        depesche_tests::wire::get(server.listen, "/readyz").status,
        200
    );
    let own = status(server.pid(), "RssAnon:").expect("it runs");
    let all = status(server.pid(), "VmRSS:").expect("it runs");
    assert!(
        own <= 20 * MIB,
        "{own} bytes of its own, {all} with its file"
    );
}

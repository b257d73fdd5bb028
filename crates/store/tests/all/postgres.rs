//! A real PostgreSQL from Debian: one server for all tests, one database for each. Never skipped.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Whose tools are to be used, where its socket lies, and what keeps it running.
struct Server {
    bin: PathBuf,
    folder: PathBuf,
    /// It stops when its input ends: with this process.
    _shell: Child,
}

static SERVER: LazyLock<Server> = LazyLock::new(start);
static COUNT: AtomicU32 = AtomicU32::new(0);

/// The newest one that is installed.
fn bin() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.parse().ok()?;
            let bin = entry.path().join("bin");
            bin.join("initdb").exists().then_some((number, bin))
        })
        .collect();
    found.sort();
    found
        .pop()
        .expect("PostgreSQL is missing: `make test` or `scripts/install.sh test` installs it")
        .1
}

/// An account that is not root, which PostgreSQL refuses: (user, group).
fn unprivileged() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").expect("the list of users");
    let of = |name: &str| {
        let line = users
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut ids = line
            .split(':')
            .skip(2)
            .map_while(|number| number.parse().ok());
        Some((ids.next()?, ids.next()?))
    };
    Some(
        of("postgres")
            .or_else(|| of("nobody"))
            .expect("a user postgres or nobody"),
    )
}

fn start() -> Server {
    let bin = bin();
    // The script removes it.
    let folder = tempfile::Builder::new()
        .prefix("pg")
        .tempdir()
        .expect("a folder")
        .keep();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/all/postgres.sh");
    let script = std::fs::read_to_string(script).expect("the script");
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", &script, "postgres.sh"])
        .arg(&bin)
        .arg(&folder)
        .current_dir(&folder);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if let Some((user, group)) = unprivileged() {
        chown(&folder, Some(user), Some(group)).expect("the folder is given away");
        command.uid(user).gid(group);
    }
    let mut child = command.spawn().expect("a shell");
    let mut said = BufReader::new(child.stdout.take().expect("its output"));
    let mut line = String::new();
    said.read_line(&mut line).expect("what it says");
    if line != "ready\n" {
        said.read_to_string(&mut line).expect("the log");
        panic!("PostgreSQL does not start:\n{line}");
    }
    Server {
        bin,
        folder,
        _shell: child,
    }
}

/// The URL of a new, empty database.
pub(crate) fn database() -> String {
    let server = &*SERVER;
    let name = format!("t{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let done = Command::new(server.bin.join("createdb"))
        .args(["-U", "postgres", "-h"])
        .arg(&server.folder)
        .arg(&name)
        .output()
        .expect("createdb");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    format!(
        "postgres://postgres@localhost/{name}?host={}",
        server.folder.display()
    )
}

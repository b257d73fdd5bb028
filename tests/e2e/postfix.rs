//! The gateway in the middle: Postfix hands mail to it, and gets it back; Dovecot keeps it, IMAP fetches it.

use std::path::Path;
use std::process::Command;

use depesche_tests::program;

#[test]
fn between_two_postfix() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("postfix/check.py");
    // Postfix starts as root, and nowhere else does a test need it.
    let mut words: Vec<&str> = Vec::new();
    if !rustix::process::geteuid().is_root() {
        words.extend(["sudo", "--non-interactive"]);
    }
    words.push("python3");
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).arg(script).arg(program::path());
    let done = command.output().expect("python3 runs");
    let said = String::from_utf8_lossy(&done.stdout);
    let err = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}{err}");
    assert!(said.contains(" checks"), "{said}");
}

//! A server that cannot start says why and what to do; one that runs shows its settings and its pages.

use std::net::TcpListener;
use std::process::Output;

use depesche_tests::client::Outcome;
use depesche_tests::server::{Server, Setup, command};
use depesche_tests::wire;
use tempfile::TempDir;

fn start(setup: &Setup, folder: &TempDir) -> Outcome {
    let output: Output = command(setup, folder.path()).output().expect("it runs");
    Outcome::of(&output)
}

fn refused(setup: &Setup) -> (i32, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let outcome = start(setup, &folder);
    let detail = outcome.line["error"]["detail"]
        .as_str()
        .expect("a detail")
        .to_owned();
    (outcome.exit, detail)
}

#[test]
fn settings_that_cannot_be_meant() {
    for (name, value, says) in [
        (
            "DEPESCHE_LIMITS__DELIVERIES",
            "5",
            "did you mean limits.delivery",
        ),
        ("DEPESCHE_SMTP__UR", "smtp://x", "did you mean smtp.url"),
        (
            "DEPESCHE_PUBLIC_URL",
            "http://portal.example.org",
            "tls.cert",
        ),
        (
            "DEPESCHE_PUBLIC_URL",
            "portal.example.org",
            "https://portal.example.org",
        ),
        ("DEPESCHE_SMTP__URL", "mail.example.org", "smtp://host:25"),
        ("DEPESCHE_LIMITS__DELIVERY", "many", "20 GiB"),
        ("DEPESCHE_LIMITS__RETENTION", "long", "30d"),
        ("DEPESCHE_LEVELS__LOWEST", "7", "1, 2, 3 or 4"),
        (
            "DEPESCHE_TLS__CERT",
            "/nowhere/cert.pem",
            "/nowhere/cert.pem",
        ),
        ("DEPESCHE_DATABASE__URL", "mysql://x", "postgres://"),
    ] {
        // --data would move the database over what is tested.
        let setup = Setup::default().set(name, value);
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = command(&setup, folder.path());
        if name == "DEPESCHE_DATABASE__URL" {
            command = std::process::Command::new(depesche_tests::program::path());
            command
                .args(["serve", "--json", "--listen", "127.0.0.1:0"])
                .env_clear()
                .env(name, value);
            command.current_dir(folder.path());
        }
        let outcome = Outcome::of(&command.output().expect("it runs"));
        let detail = outcome.line["error"]["detail"].as_str().unwrap_or_default();
        assert_ne!(outcome.exit, 0, "{name}={value}");
        assert!(
            detail.contains(says),
            "{name}={value}: {detail}{}",
            outcome.err
        );
    }
}

#[test]
fn a_file_with_a_key_that_is_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("depesche.toml");
    std::fs::write(&path, "[blobs]\nuri = \"file:x\"\n").expect("a file");
    let setup = Setup::default().set("DEPESCHE_CONFIG", path.to_str().expect("text"));
    let (exit, detail) = refused(&setup);
    assert_eq!(exit, 1);
    assert!(
        detail.contains("blobs.uri") && detail.contains("blobs.url"),
        "{detail}"
    );
}

#[test]
fn a_port_that_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let listen = taken.local_addr().expect("its address").to_string();
    let (exit, detail) = refused(&Setup {
        listen: listen.clone(),
        ..Setup::default()
    });
    assert_eq!(exit, 1);
    assert!(
        detail.contains(&listen) && detail.contains("--listen"),
        "{detail}"
    );
}

#[test]
fn the_demo_is_for_this_machine_alone() {
    let setup = Setup {
        listen: "0.0.0.0:0".into(),
        ..Setup::demo()
    };
    let (exit, detail) = refused(&setup);
    assert_eq!(exit, 1);
    assert!(detail.contains("--demo"), "{detail}");
}

#[test]
fn a_database_of_a_newer_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Server::start_in(Setup::default(), folder);
    server.stop();
    let db = rusqlite::Connection::open(server.data().join("depesche.db")).expect("the database");
    db.execute(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         SELECT 1 + max(version), 'later', 1, checksum, 0 FROM _sqlx_migrations",
        [],
    )
    .expect("one more");
    drop(db);
    let outcome = Outcome::of(
        &command(&Setup::default(), server.folder())
            .output()
            .expect("it runs"),
    );
    let detail = outcome.line["error"]["detail"].as_str().expect("a detail");
    assert_eq!(outcome.exit, 1);
    assert!(
        detail.contains("newer") && detail.contains("update"),
        "{detail}"
    );
}

#[test]
fn the_configuration_in_force_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let setup = Setup::default().set("DEPESCHE_LIMITS__DELIVERY", "3 GiB");
    let output = command(&setup, folder.path())
        .arg("--print-config")
        .output()
        .expect("it runs");
    let text = String::from_utf8(output.stdout).expect("text");
    let table: toml::Table = toml::from_str(&text).expect("TOML");
    assert_eq!(table["limits"]["delivery"].as_str(), Some("3 GiB"));
    assert!(text.contains("DEPESCHE_LIMITS__DELIVERY"), "{text}");
}

/// A page and the words that it asks for early are in the language that the reader likes best.
#[test]
fn pages_come_in_the_readers_language() {
    let server = Server::demo();
    let cases = [
        ("", "en"),
        ("Accept-Language: de-AT,de;q=0.9,en;q=0.8\r\n", "de"),
        ("Accept-Language: fr, cs;q=0.7, en;q=0.3\r\n", "cs"),
        ("Accept-Language: de;q=0, en;q=0.1\r\n", "en"),
        ("Accept-Language: fr\r\n", "en"),
        ("Accept-Language: ;q=,de;q=x\r\n", "en"),
    ];
    for path in ["/d/x", "/h/x", "/p/x", "/login", "/nowhere"] {
        for (header, language) in cases {
            let header = format!("Accept: text/html\r\n{header}");
            let page = wire::ask(server.listen, &format!("GET {path}"), &header, b"");
            let text = page.text();
            assert!(
                text.contains(&format!("<html lang=\"{language}\">")),
                "{path} {header}"
            );
            let words = format!(".{language}-");
            let early = |line: &&str| line.contains("modulepreload") && line.contains(&words);
            assert_eq!(text.lines().filter(early).count(), 1, "{path} {header}");
            assert_eq!(
                page.header("vary"),
                Some("accept-encoding, accept-language")
            );
        }
    }
}

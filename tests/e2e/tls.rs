//! TLS, and an orderly end.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use depesche_tests::client::{Client, Outcome, link_of};
use depesche_tests::mail::Sink;
use depesche_tests::proxy::{Proxy, Way};
use depesche_tests::server::{DEMO, PASSWORD, Server, Setup};
use depesche_tests::tree;
use depesche_tests::wait::until;
use depesche_tests::wire;
use rcgen::{CertifiedKey, generate_simple_self_signed};

const YOU: &str = "you@example.test";

/// A certificate for this machine, written as an administrator would: key first.
pub(crate) fn certify(folder: &Path) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])
            .expect("a certificate");
    fs::write(folder.join("key.pem"), signing_key.serialize_pem()).expect("a file");
    fs::write(folder.join("cert.pem"), cert.pem()).expect("a file");
}

fn free_port() -> u16 {
    let probe = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    probe.local_addr().expect("its address").port()
}

fn curl(trust: &Path, url: &str) -> bool {
    let done = Command::new("curl")
        .args(["-sS", "--fail", "--cacert"])
        .arg(trust)
        .arg(url)
        .output();
    done.expect("curl").status.success()
}

#[test]
fn a_delivery_over_tls_and_a_new_certificate() {
    let keys = tempfile::tempdir().expect("a folder");
    let path = |name: &str| keys.path().join(name);
    certify(keys.path());
    let port = free_port();
    let url = format!("https://localhost:{port}");
    let text = |name: &str| path(name).to_str().expect("text").to_owned();
    let setup = Setup {
        listen: format!("127.0.0.1:{port}"),
        ..Setup::default()
    }
    .set("DEPESCHE_PUBLIC_URL", &url)
    .set("DEPESCHE_TLS__CERT", text("cert.pem"))
    .set("DEPESCHE_TLS__KEY", text("key.pem"));
    let server = Server::start(setup);
    server.add_user(DEMO.0);
    fs::copy(path("cert.pem"), path("old.pem")).expect("a copy");
    let anna = Client::guest(&url);
    let with = |client: &Client, words: &[&str], trust: &str| {
        let mut command = client.command(words);
        client.end(
            command
                .env("SSL_CERT_FILE", path(trust))
                .env("DEPESCHE_PASSWORD", PASSWORD),
        )
    };
    let _ = with(&anna, &["login", DEMO.0], "old.pem").done();
    tree::write(anna.folder().join("note.txt"), "hello");
    let sent = with(
        &anna,
        &["send", "note.txt", "--to", YOU, "--level", "1", "--no-mail"],
        "old.pem",
    )
    .done();
    let link = link_of(&sent, YOU);
    assert!(link.starts_with(&url), "{link}");
    // A certificate that nobody vouches for is not spoken to.
    let guest = Client::guest(&url);
    let fetch = ["fetch", &link, "--out", "out", "--email", YOU];
    let stranger = tempfile::tempdir().expect("a folder");
    certify(stranger.path());
    fs::copy(stranger.path().join("cert.pem"), path("stranger.pem")).expect("a copy");
    let refused = with(&guest, &fetch, "stranger.pem");
    assert_eq!(refused.exit, 6, "{refused:?}");
    let _ = with(&guest, &fetch, "old.pem").done();

    certify(keys.path());
    until("the new certificate is in use", || {
        curl(&path("cert.pem"), &format!("{url}/healthz")).then_some(())
    });
    assert!(!curl(&path("old.pem"), &format!("{url}/healthz")));
    let again = Client::guest(&url);
    let _ = with(&again, &fetch, "cert.pem").done();
}

/// A client whose clock is wrong is told so, instead of something about certificates alone.
#[test]
fn a_wrong_clock_is_named() {
    let keys = tempfile::tempdir().expect("a folder");
    let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    params.not_before = rcgen::date_time_ymd(2090, 1, 1);
    params.not_after = rcgen::date_time_ymd(2099, 1, 1);
    let key = rcgen::KeyPair::generate().expect("a key");
    let cert = params.self_signed(&key).expect("a certificate");
    fs::write(keys.path().join("key.pem"), key.serialize_pem()).expect("a file");
    fs::write(keys.path().join("cert.pem"), cert.pem()).expect("a file");
    let port = free_port();
    let url = format!("https://localhost:{port}");
    let text = |name: &str| keys.path().join(name).to_str().expect("text").to_owned();
    let setup = Setup {
        listen: format!("127.0.0.1:{port}"),
        ..Setup::default()
    }
    .set("DEPESCHE_PUBLIC_URL", &url)
    .set("DEPESCHE_TLS__CERT", text("cert.pem"))
    .set("DEPESCHE_TLS__KEY", text("key.pem"));
    let _server = Server::start(setup);
    let guest = Client::guest(&url);
    let mut command = guest.command(["login", DEMO.0]);
    command
        .env("SSL_CERT_FILE", keys.path().join("cert.pem"))
        .env("DEPESCHE_PASSWORD", PASSWORD);
    let refused = guest.end(&mut command);
    assert_eq!(refused.exit, 6, "{refused:?}");
    let detail = refused.line["error"]["detail"].as_str().expect("a detail");
    assert!(detail.contains("clock"), "{detail}");
}

/// A server that is told to stop finishes what runs; a client goes on when it is back.
#[test]
fn an_orderly_end_under_a_running_transfer() {
    let (sink, proxy) = (Sink::start(), Proxy::start());
    let mut server = Server::behind(&proxy, &sink);
    let anna = Client::logged_in(&proxy.url(), DEMO.0, PASSWORD);
    tree::write(anna.folder().join("large.bin"), vec![5; 40 << 20]);
    let stop = proxy.stop_at(Way::Up, 20 << 20);
    let mut command = anna.command(["send", "large.bin", "--to", YOU, "--level", "1"]);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    until("half of it has passed", || stop.is_reached().then_some(()));
    server.tell_to_stop();
    until("it has heard", || {
        server.log().contains("stopping").then_some(())
    });
    stop.go_on();
    let status = server.ended();
    assert!(status.success(), "{status}");
    server.start_again();
    let outcome = Outcome::of(&child.wait_with_output().expect("it ends"));
    let sent = outcome.done();
    assert_eq!(sink.next().link(), link_of(&sent, YOU));
    let guest = Client::guest(&proxy.url());
    let _ = guest.fetch(&link_of(&sent, YOU), &[]).done();
    assert_eq!(
        fs::read(guest.out().join("large.bin")).expect("it"),
        vec![5; 40 << 20]
    );
}

#[test]
fn health_readiness_and_metrics() {
    let server = Server::demo();
    let ask = |path: &str| wire::get(server.listen, path);
    assert_eq!((ask("/healthz").status, ask("/readyz").status), (200, 200));
    let metrics = ask("/metrics");
    assert_eq!(metrics.status, 200);
    for name in [
        "depesche_requests_total",
        "depesche_connections ",
        "depesche_outbox_waiting",
    ] {
        assert!(metrics.text().contains(name), "{name}: {}", metrics.text());
    }
    let csp = ask("/")
        .header("content-security-policy")
        .expect("a policy")
        .to_owned();
    assert!(
        csp.contains("default-src 'none'") && !csp.contains("unsafe-inline"),
        "{csp}"
    );
}

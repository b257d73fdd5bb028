//! Programs that follow the links of protected mail before people do use nothing up: `/p`, `/a`, `/r` (D1, D4).

use std::collections::BTreeSet;

use depesche_client::seal::reply::ReplyLink;
use depesche_tests::client::Client;
use depesche_tests::server::{Server, Setup};
use depesche_tests::smtp::send;
use depesche_tests::wire;
use serde_json::json;

use crate::protected::{ANNA, EVA, PASSWORD, Pdf, letter, link, mail, set_password};
use crate::replies::look;
use crate::scanners::{dump, dump_at_rest, paths, urls, visit};

/// Every request of every profile to every form of these URLs, and to all of the API below their ids. Gives how many.
fn followed(server: &Server, urls: &BTreeSet<String>) -> usize {
    let before = dump_at_rest(server);
    let mut places: Vec<String> = urls
        .iter()
        .flat_map(|url| paths(url, &server.url))
        .collect();
    places.extend(urls.iter().flat_map(|url| api(server, url)));
    let mut visited = 0;
    for place in &places {
        for (name, answer) in visit(server, place) {
            let about = format!("{name} {place}: {}", answer.head);
            assert!((200..500).contains(&answer.status), "{about}");
            for key in urls.iter().filter_map(|url| key_of(url)) {
                let echoed = answer.head.contains(key) || answer.text().contains(key);
                assert!(!echoed, "{about}");
            }
            visited += 1;
        }
    }
    assert!(dump(server) == before, "something has changed");
    visited
}

/// Behind the `#`.
fn key_of(url: &str) -> Option<&str> {
    Some(url.split_once("#1.")?.1)
}

/// The API of the page, as it describes itself.
fn api(server: &Server, url: &str) -> Vec<String> {
    let path = url.strip_prefix(&server.url).unwrap_or_default();
    let path = path.split('#').next().unwrap_or_default();
    let mut pieces = path.trim_start_matches('/').split('/');
    let (Some(page), Some(id)) = (pieces.next(), pieces.next()) else {
        return vec![];
    };
    let (below, own) = match page {
        "p" => ("/api/v1/pdf-passwords/", "{token}"),
        "a" => ("/api/v1/links/", "{id}"),
        "r" => ("/api/v1/replies/", "{token}"),
        _ => return vec![],
    };
    let description = wire::get(server.listen, "/api/openapi.json").json();
    let all = description["paths"].as_object().expect("paths").keys();
    let some = "AAAAAAAAAAAAAAAAAAAAAA";
    let filled = |path: &String| {
        let path = path.replace(own, id).replace("{id}", some);
        path.replace("{file}", some).replace("{index}", "0")
    };
    let ours: Vec<String> = all
        .filter(|path| path.starts_with(below))
        .map(filled)
        .collect();
    assert!(!ours.is_empty(), "{page} has an API");
    ours
}

#[test]
fn scanners_use_up_no_link_of_protected_mail() {
    let server = Server::start(Setup::demo().gateway());
    send(server.gateway(), ANNA, &[EVA], &letter());
    let invitation = mail(&server, EVA, "/p/");
    let said = |what: &str| invitation[what].as_str().expect("text").to_owned();
    let mailed = urls(&said("text"), &said("html"));
    let to_set = mailed.iter().find(|url| url.contains("/p/"));
    let to_set = to_set.expect("a link").clone();
    assert!(followed(&server, &mailed) > 40);
    assert_eq!(server.admin(&["queue", "list"]).len(), 1, "it still waits");

    // The person still sets a password, and gets the PDF with its links.
    assert_eq!(set_password(&to_set, PASSWORD).done()["held"], json!(1));
    let carrier = mail(&server, EVA, "application/pdf");
    let (inside, _) = Pdf::of(&carrier).open(PASSWORD);
    let text = carrier["text"].as_str().expect("text");
    let mut mailed = urls(text, "");
    let (attachment, reply) = (link(&server, &inside, "a"), link(&server, &inside, "r"));
    mailed.extend([attachment.clone(), reply.clone(), to_set]);
    assert!(mailed.len() >= 4, "{mailed:?}");
    assert!(followed(&server, &mailed) > 200);

    // What was followed opens all the same, also as a scanner mangles it, and the log knows none of it.
    let parsed = ReplyLink::parse(&reply.replace('#', "%23")).expect("a reply link");
    assert_eq!(look(&server, &parsed).said["email"], json!(EVA));
    let guest = Client::guest(&server.url);
    let _ = guest.fetch(&attachment.replace('#', "%23"), &[]).done();
    assert!(guest.out().join("werte.csv").exists());
    let log = server.log();
    for url in &mailed {
        for secret in url.rsplit(['/', '#']).take(2) {
            let secret = secret.trim_start_matches("1.");
            assert!(secret.len() < 20 || !log.contains(secret), "{url}");
        }
    }
}

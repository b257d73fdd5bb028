//! The contract of `sql`: one suite, run on each engine. PostgreSQL refuses what SQLite lets pass,
//! and SQL is not checked when it is compiled; so every function is called here.

mod inbox;
mod journal;
mod keyed;
mod keyrings;
mod laws;
mod life;
mod mails;
mod outbox;
mod parcels;
mod people;
mod protected;
mod visits;

use std::path::{Path, PathBuf};

use depesche_domain::parcel::{Draft, FileObject, LinkRecord, Posted, Recipient, Way};
use depesche_domain::token::SecretHash;
use depesche_domain::{Account, AccountId, Address, FileId, Level, LinkId, ParcelId, Role, Time};
use depesche_store::sql::{Sql, accounts, parcels as rows};

use crate::postgres;

/// A database of one test's own.
pub(crate) struct Db {
    pub(crate) sql: Sql,
    pub(crate) url: String,
    /// Where SQLite's file lies; PostgreSQL has none.
    pub(crate) file: Option<PathBuf>,
    _folder: Option<tempfile::TempDir>,
}

/// A runtime like the server's.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

pub(crate) async fn sqlite() -> Db {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("depesche.db");
    let url = format!("sqlite:{}", file.display());
    let sql = Sql::open(&url).await.expect("SQLite opens");
    Db {
        sql,
        url,
        file: Some(file),
        _folder: Some(folder),
    }
}

/// Runs a test on SQLite, then on PostgreSQL.
pub(crate) fn on_both(test: impl AsyncFn(&Db)) {
    run(async {
        let db = sqlite().await;
        println!("on SQLite");
        test(&db).await;
        db.sql.close().await;
        let url = postgres::database();
        let sql = Sql::open(&url).await.expect("PostgreSQL opens");
        println!("on PostgreSQL");
        let db = Db {
            sql,
            url,
            file: None,
            _folder: None,
        };
        test(&db).await;
        db.sql.close().await;
    });
}

pub(crate) const fn at(ms: i64) -> Time {
    Time::from_ms(1_790_000_000_000 + ms)
}

/// 16 bytes for an id, told apart by their kind.
pub(crate) const fn bytes(kind: u8, number: u64) -> [u8; 16] {
    let mut bytes = [kind; 16];
    let (_, end) = bytes.split_at_mut(8);
    end.copy_from_slice(&number.to_be_bytes());
    bytes
}

pub(crate) const fn parcel_id(number: u64) -> ParcelId {
    ParcelId::from_bytes(bytes(1, number))
}

pub(crate) const fn file_id(number: u64) -> FileId {
    FileId::from_bytes(bytes(2, number))
}

pub(crate) const fn link_id(number: u64) -> LinkId {
    LinkId::from_bytes(bytes(3, number))
}

pub(crate) const fn hash(number: u64) -> SecretHash {
    let [a, b] = [bytes(4, number), bytes(5, number)];
    let mut both = [0; 32];
    let (begin, end) = both.split_at_mut(16);
    begin.copy_from_slice(&a);
    end.copy_from_slice(&b);
    SecretHash::from_bytes(both)
}

pub(crate) fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

pub(crate) fn account(number: u64, text: &str) -> Account {
    Account {
        id: AccountId::from_bytes(bytes(6, number)),
        address: address(text),
        name: "Anna Kellerová".into(),
        role: Role::Member,
        created: at(0),
        disabled: None,
        proven: None,
    }
}

/// The sender of everything that the tests post.
pub(crate) async fn sender(db: &Db) -> Account {
    let sender = account(0, "anna@example.test");
    let mut tx = db.sql.begin().await.expect("begin");
    accounts::insert(&mut tx, &sender, b"password file")
        .await
        .expect("insert");
    tx.commit().await.expect("commit");
    sender
}

pub(crate) fn draft(number: u64, sender: &Account) -> Draft {
    let files = (0..3).map(|n| FileObject {
        id: file_id(10 * number + n),
        size: 100 + n,
    });
    Draft {
        id: parcel_id(number),
        sender: sender.id,
        level: Level::Link,
        created: at(0),
        files: files.collect(),
        in_reply_to: None,
    }
}

pub(crate) fn link(number: u64, limit: Option<u32>) -> LinkRecord {
    LinkRecord {
        id: link_id(number),
        record: format!("sealed record {number}").into_bytes(),
        auth: hash(number),
        auth2: Some(hash(number + 1)),
        mailed_code: number.is_multiple_of(2),
        limit,
    }
}

pub(crate) const fn way(link: LinkRecord) -> Way {
    Way::Link(link)
}

pub(crate) fn posted(draft: &Draft, when: Time) -> Posted {
    Posted {
        id: draft.id,
        sender: draft.sender,
        level: draft.level,
        posted: when,
        expires: when + depesche_domain::Span::days(30),
        subject: "Měsíční závěrka – Grüße 🗝".into(),
        message: "Zwei\nZeilen".into(),
        notify: true,
        in_reply_to: None,
        recipients: Vec::new(),
    }
}

/// Posts parcel `number` to these recipients; each has the link `100 · number + place`.
pub(crate) async fn post(
    db: &Db,
    sender: &Account,
    number: u64,
    when: Time,
    to: &[(&str, Option<u32>)],
) -> Posted {
    let draft = draft(number, sender);
    let mut posted = posted(&draft, when);
    let mut tx = db.sql.begin().await.expect("begin");
    rows::insert_draft(&mut tx, &draft).await.expect("draft");
    rows::post(&mut tx, &posted, 303, 1024).await.expect("post");
    for (place, (text, limit)) in (0..).zip(to) {
        let recipient = Recipient::new(address(text));
        let link = link(100 * number + place, *limit);
        rows::insert_recipient(&mut tx, draft.id, &recipient, &way(link), when)
            .await
            .expect("recipient");
        posted.recipients.push(recipient);
    }
    tx.commit().await.expect("commit");
    posted
}

/// Nothing that can be called is left uncalled.
#[test]
fn every_function_is_called() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = |folder: &Path| {
        let files = std::fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("a file").path());
        let files = files.filter(|path| path.is_file());
        files
            .map(|path| std::fs::read_to_string(path).expect("text"))
            .collect::<String>()
    };
    let source = text(&folder.join("src/sql")) + &text(&folder.join("src/sql/parcels"));
    let tests = text(&folder.join("tests/all")) + &text(&folder.join("tests/all/contract"));
    let functions: Vec<&str> = source
        .split("pub async fn ")
        .skip(1)
        .filter_map(|rest| rest.split(['(', '<']).next())
        .collect();
    assert!(functions.len() > 50, "they are found");
    let uncalled: Vec<_> = functions
        .into_iter()
        .filter(|name| {
            !tests.contains(&format!("::{name}(")) && !tests.contains(&format!(".{name}("))
        })
        .collect();
    assert!(uncalled.is_empty(), "no test calls {uncalled:?}");
}

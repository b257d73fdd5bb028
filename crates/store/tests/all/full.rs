//! A full disk: a small one of the test's own, in a mount namespace of its own. (Where that is not
//! allowed, the unit tests with `/dev/full` and SQLite's page limit stand alone.)

use std::io::Write;
use std::path::Path;
use std::process::Command;

use depesche_store::blobs::{Blobs, PART};
use depesche_store::sql::{Sql, meta};
use depesche_store::{Error, Store};

use crate::contract::{file_id, parcel_id, run};

const INSIDE: &str = "DEPESCHE_TEST_FULL";

/// Mounts a small disk on the folder `$1` and goes on there.
const MOUNT: &str = r#"mount -t tmpfs -o size=40m,mode=700 tmpfs "$1" || exit 77
    shift; exec "$@""#;

#[test]
fn nothing_is_lost_on_a_full_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = std::env::current_exe().expect("this program");
    let mut options = vec!["--mount"];
    if !rustix::process::geteuid().is_root() {
        options.extend(["--user", "--map-root-user"]);
    }
    let done = Command::new("unshare")
        .args(options)
        .args(["/bin/sh", "-c", MOUNT, "sh"])
        .arg(folder.path())
        .arg(program)
        .args(["--exact", "full::on_the_small_disk", "--nocapture"])
        .env(INSIDE, folder.path())
        .output()
        .expect("unshare (util-linux)");
    let said = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
    if said.contains("the disk is full") {
        assert!(done.status.success(), "{said}");
    } else {
        // Said past the capture of the test's output: nobody shall think that it ran.
        writeln!(
            std::io::stderr(),
            "no disk of our own can be mounted here: {said}"
        )
        .expect("said");
        assert!(!said.contains("panicked"), "{said}");
    }
}

/// The inside of the test above.
#[test]
fn on_the_small_disk() {
    let Ok(folder) = std::env::var(INSIDE) else {
        return;
    };
    run(fill(Path::new(&folder)));
}

async fn fill(folder: &Path) {
    let blobs = Blobs::open(&format!("{}/blobs", folder.display())).expect("blobs");
    let sql = Sql::open(&format!("sqlite:{}/depesche.db", folder.display()))
        .await
        .expect("rows");
    let store = Store {
        sql,
        blobs,
        ephemeral: depesche_store::ephemeral::Ephemeral::memory(1 << 20),
    };
    let set = async |key: &str, length: usize| {
        let mut tx = store.sql.begin().await?;
        meta::set_once(&mut tx, key, &"v".repeat(length)).await?;
        tx.commit().await
    };
    set("before", 10).await.expect("there is room");
    let size = 20 * PART;
    let upload = store
        .blobs
        .upload(file_id(1), size)
        .expect("a hole takes no room");
    let bytes = vec![7; usize::try_from(PART).expect("small")];
    let mut sent = 0;
    let full = loop {
        match upload.write_at(sent * PART, &bytes) {
            Ok(()) => upload.finish_part(sent).expect("finished"),
            Err(error) => break error,
        }
        sent += 1;
        assert!(sent < 20, "it is never full");
    };
    assert_eq!(full, Error::Full);
    println!(
        "the disk is full, {} bytes are free",
        store.blobs.free_bytes().expect("a number")
    );
    assert_eq!(upload.missing(), [(sent, 20)]);
    assert_eq!(set("large", 30 << 20).await, Err(Error::Full));
    let manifest = store.blobs.put_manifest(parcel_id(1), 30 << 20);
    let full = manifest.and_then(|mut manifest| manifest.write(&vec![1; 30 << 20]));
    assert_eq!(full, Err(Error::Full));
    upload.flush().expect("what came is kept");
    assert_eq!(upload.missing(), [(sent, 20)]);
    assert_eq!(
        meta::get(&store.sql, "before").await,
        Ok(Some("v".repeat(10)))
    );
    assert_eq!(meta::get(&store.sql, "large").await, Ok(None));

    store.blobs.remove(file_id(1)).expect("makes room");
    drop(upload);
    set("after", 10).await.expect("there is room again");
    let upload = store.blobs.upload(file_id(2), PART).expect("an upload");
    upload.write_at(0, &bytes).expect("there is room again");
    upload.finish_part(0).expect("finished");
    upload.seal().expect("sealed");
    let mut back = vec![0; bytes.len()];
    let reader = store.blobs.reader(file_id(2)).expect("sealed");
    assert_eq!(reader.read_at(0, &mut back), Ok(bytes.len()));
    assert!(back == bytes);
}

//! Sealed bytes on a disk.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use depesche_domain::FileId;
use depesche_store::Error;
use depesche_store::blobs::{Blobs, PART, Upload};
use proptest::prelude::*;

use crate::contract::{file_id, parcel_id};

fn open(folder: &Path) -> Blobs {
    Blobs::open(folder.to_str().expect("a path")).expect("opens")
}

/// The byte of a file at a place; differs between files and parts.
fn byte(id: u64, at: u64) -> u8 {
    let mixed = (at ^ (id << 40)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed.to_be_bytes()[0]
}

fn part(id: u64, index: u64, size: u64) -> Vec<u8> {
    let start = index * PART;
    (start..size.min(start + PART))
        .map(|at| byte(id, at))
        .collect()
}

/// In pieces, as they come from the network.
fn send(upload: &Arc<Upload>, id: u64, index: u64) {
    let bytes = part(id, index, upload.size());
    for (piece, offset) in bytes.chunks(100_003).zip((index * PART..).step_by(100_003)) {
        upload.write_at(offset, piece).expect("written");
    }
    upload.finish_part(index).expect("finished");
}

fn is_whole(blobs: &Blobs, id: u64, size: u64) -> bool {
    let reader = blobs.reader(file_id(id)).expect("sealed");
    assert_eq!(reader.size(), size);
    (0..size.div_ceil(PART)).all(|index| {
        let expected = part(id, index, size);
        let mut buffer = vec![0; expected.len()];
        let count = reader.read_at(index * PART, &mut buffer).expect("read");
        count == buffer.len() && buffer == expected
    })
}

/// Every file below, as paths from the folder.
fn names(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("a name").path();
            let mode = path.metadata().expect("it is there").permissions().mode() & 0o777;
            assert_eq!(
                mode,
                if path.is_dir() { 0o700 } else { 0o600 },
                "{}",
                path.display()
            );
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path);
            }
        }
    }
    let mut names: Vec<_> = found
        .iter()
        .map(|path| {
            path.strip_prefix(folder)
                .expect("below")
                .display()
                .to_string()
        })
        .collect();
    names.sort();
    names
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_order_gives_the_file(
        size in prop_oneof![1..100u64, PART - 1..PART + 2, 2 * PART..3 * PART + 9],
        order in prop::collection::vec(any::<u64>(), 1..8),
        stops in prop::collection::vec(any::<bool>(), 8),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let count = size.div_ceil(PART);
        // Some parts twice, then all that are missing.
        let mut blobs = open(folder.path());
        for (random, stop) in order.into_iter().zip(stops) {
            let upload = blobs.upload(file_id(1), size).expect("an upload");
            send(&upload, 1, random % count);
            prop_assert!(upload.missing().iter().all(|(from, to)| !(*from..*to).contains(&(random % count))));
            if stop {
                // Another process goes on when this one is gone, and its flusher with it.
                upload.flush().expect("flushed");
                drop(upload);
                blobs = open(folder.path());
            }
        }
        let upload = blobs.upload(file_id(1), size).expect("an upload");
        for (from, to) in upload.missing() {
            prop_assert_eq!(upload.seal(), Err(Error::Incomplete));
            prop_assert_eq!(blobs.reader(file_id(1)).err(), Some(Error::NotFound));
            (from..to).rev().for_each(|index| send(&upload, 1, index));
        }
        prop_assert_eq!(upload.seal(), Ok(()));
        prop_assert!(is_whole(&blobs, 1, size));
        prop_assert_eq!(names(folder.path()), [format!("files/A/g/{}", file_id(1))]);
    }
}

#[test]
fn several_threads_send_several_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let blobs = open(folder.path());
    let size = 4 * PART + 77;
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let blobs = blobs.clone();
            scope.spawn(move || {
                for step in 0..10 {
                    // Each part twice, from different threads.
                    let (id, index) = (step % 2, (step / 2 + thread) % 5);
                    let upload = blobs.upload(file_id(id), size).expect("an upload");
                    send(&upload, id, index);
                }
            });
        }
    });
    for id in 0..2 {
        let upload = blobs.upload(file_id(id), size).expect("an upload");
        assert_eq!(upload.missing(), []);
        upload.seal().expect("sealed");
        assert!(is_whole(&blobs, id, size));
    }
    assert!(blobs.free_bytes().expect("a number") > 0);
}

const SENDER: &str = "DEPESCHE_TEST_SENDER";
const KILLED: (u64, u64) = (5, 40 * PART);

/// The other process of the next test: sends parts until it is killed, and says which.
#[test]
fn the_process_that_is_killed() {
    let Ok(folder) = std::env::var(SENDER) else {
        return;
    };
    let upload = Blobs::open(&folder).and_then(|blobs| blobs.upload(file_id(KILLED.0), KILLED.1));
    let upload = upload.expect("an upload");
    let missing: Vec<u64> = upload
        .missing()
        .into_iter()
        .flat_map(|(from, to)| from..to)
        .collect();
    for index in missing.into_iter().rev() {
        send(&upload, KILLED.0, index);
        println!("\nsent {index}");
    }
}

#[test]
fn after_kill_9_what_is_noted_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut noted = 0;
    for round in 0..6_usize {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args([
                "--exact",
                "blobs::the_process_that_is_killed",
                "--nocapture",
            ])
            .env(SENDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("another process");
        let said = BufReader::new(child.stdout.take().expect("its output")).lines();
        let sent = said
            .map_while(Result::ok)
            .filter(|line| line.starts_with("sent "));
        assert_eq!(sent.take(round + 2).count(), round + 2);
        child.kill().expect("killed");
        child.wait().expect("gone");

        let blobs = open(folder.path());
        let upload = blobs
            .upload(file_id(KILLED.0), KILLED.1)
            .expect("an upload");
        let missing: HashSet<u64> = upload
            .missing()
            .into_iter()
            .flat_map(|(from, to)| from..to)
            .collect();
        let path = folder
            .path()
            .join(format!("files/A/g/{}.part", file_id(KILLED.0)));
        let bytes = std::fs::read(path).expect("the file");
        for index in (0..40).filter(|index| !missing.contains(index)) {
            let start = usize::try_from(index * PART).expect("small");
            let expected = part(KILLED.0, index, KILLED.1);
            assert!(
                bytes[start..start + expected.len()] == expected,
                "part {index} is not what was sent"
            );
        }
        assert!(missing.len() <= 40 - noted, "what was noted stays");
        noted = 40 - missing.len();
    }
    println!("{noted} parts were noted");
    let blobs = open(folder.path());
    let upload = blobs
        .upload(file_id(KILLED.0), KILLED.1)
        .expect("an upload");
    for (from, to) in upload.missing() {
        (from..to).for_each(|index| send(&upload, KILLED.0, index));
    }
    upload.seal().expect("sealed");
    assert!(is_whole(&blobs, KILLED.0, KILLED.1));
}

#[test]
fn a_manifest_is_whole_or_not_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let blobs = open(folder.path());
    let id = parcel_id(3);
    assert_eq!(blobs.manifest_size(id), Ok(None));
    assert_eq!(blobs.manifest(id).err(), Some(Error::NotFound));
    let mut first = blobs.put_manifest(id, 10).expect("begins");
    let mut second = blobs.put_manifest(id, 3).expect("begins beside it");
    first.write(b"01234").expect("written");
    assert_eq!(
        first.write(b"0123456"),
        Err(Error::Incomplete),
        "more than announced"
    );
    drop(first);
    let mut first = blobs.put_manifest(id, 10).expect("begins");
    first.write(b"01234").expect("written");
    assert_eq!(
        first.finish(),
        Err(Error::Incomplete),
        "less than announced"
    );
    assert_eq!(blobs.manifest_size(id), Ok(None));
    second.write(b"abc").expect("written");
    second.finish().expect("finished");
    assert_eq!(blobs.manifest_size(id), Ok(Some(3)));
    let before = blobs.manifest(id).expect("there");

    let mut third = blobs.put_manifest(id, 4).expect("begins");
    third.write(b"de").expect("written");
    third.write(b"fg").expect("written");
    assert_eq!(
        blobs.manifest_size(id),
        Ok(Some(3)),
        "the one before, until it is whole"
    );
    third.finish().expect("finished");
    let mut buffer = [0; 9];
    assert_eq!(
        blobs.manifest(id).and_then(|m| m.read_at(1, &mut buffer)),
        Ok(3)
    );
    assert_eq!(&buffer[..3], b"efg");
    assert_eq!(
        before.read_at(0, &mut buffer),
        Ok(3),
        "who reads it reads on"
    );
    assert_eq!(
        names(folder.path()),
        [format!("manifests/A/Q/{id}")],
        "nothing else is left"
    );
    blobs.remove_manifest(id).expect("removed");
    blobs.remove_manifest(id).expect("again");
    assert_eq!(blobs.manifest_size(id), Ok(None));
}

#[test]
fn orphans_are_swept() {
    let folder = tempfile::tempdir().expect("a folder");
    let blobs = open(folder.path());
    let size = 2 * PART;
    let sealed = |id: u64| {
        let upload = blobs.upload(file_id(id), size).expect("an upload");
        (0..2).for_each(|index| send(&upload, id, index));
        upload.seal().expect("sealed");
    };
    let begun = |id: FileId| {
        blobs.begin(id, size).expect("begun");
        blobs.begin(id, size).expect("again");
        let upload = blobs.upload(id, size).expect("an upload");
        upload.write_at(0, &[1; 100]).expect("written");
        upload.finish_part(0).expect("finished");
        upload.flush().expect("flushed");
    };
    (0..4).for_each(sealed);
    (4..8).for_each(|id| begun(file_id(id)));
    let mut known = blobs.put_manifest(parcel_id(1), 1).expect("begins");
    known.write(b"k").expect("written");
    known.finish().expect("finished");
    let orphan = blobs.put_manifest(parcel_id(2), 0).expect("begins");
    orphan.finish().expect("finished");
    let mut receiving = blobs.put_manifest(parcel_id(4), 1).expect("begins");
    std::fs::write(folder.path().join("new/other-0"), "of an earlier run").expect("written");
    std::fs::set_permissions(
        folder.path().join("new/other-0"),
        PermissionsExt::from_mode(0o600),
    )
    .expect("mode");

    let failing = blobs.sweep(|_| Err(Error::Unavailable("the database is away".into())));
    assert!(failing.is_err(), "nothing is removed on a guess");
    assert_eq!(
        blobs.sweep(|id| Ok(id == file_id(1) || id == file_id(5))),
        Ok(6)
    );
    assert_eq!(
        blobs.sweep(|id| Ok(id == file_id(1) || id == file_id(5))),
        Ok(0)
    );
    assert_eq!(blobs.sweep_manifests(|id| Ok(id == parcel_id(1))), Ok(2));
    receiving.write(b"r").expect("goes on");
    receiving.finish().expect("finished");
    let mut left = vec![
        format!("files/A/g/{}", file_id(1)),
        format!("files/A/g/{}.have", file_id(5)),
        format!("files/A/g/{}.part", file_id(5)),
        format!("manifests/A/Q/{}", parcel_id(1)),
        format!("manifests/A/Q/{}", parcel_id(4)),
    ];
    left.sort();
    assert_eq!(names(folder.path()), left);
    assert!(is_whole(&blobs, 1, size));

    let upload = blobs.upload(file_id(5), size).expect("an upload");
    assert_eq!(upload.missing(), [(1, 2)]);
    assert_eq!(
        blobs.upload(file_id(5), size + 1).err(),
        Some(Error::Conflict),
        "another size"
    );
    blobs.remove(file_id(5)).expect("removed");
    assert_eq!(upload.write_at(0, &[1]), Err(Error::NotFound));
    blobs.remove(file_id(1)).expect("removed");
    blobs.remove(file_id(1)).expect("again");
    assert_eq!(blobs.reader(file_id(1)).err(), Some(Error::NotFound));
    let again = blobs.upload(file_id(5), size).expect("a new one");
    assert_eq!(again.missing(), [(0, 2)]);
}

#[test]
fn a_place_must_be_a_folder() {
    for place in ["", "s3://bucket/x", "https://example.org"] {
        assert!(
            matches!(Blobs::open(place), Err(Error::Unavailable(_))),
            "{place}"
        );
    }
    assert!(matches!(
        Blobs::open("/no/such/folder/blobs"),
        Err(Error::NotFound)
    ));
    let folder = tempfile::tempdir().expect("a folder");
    let place = format!("file://{}/new one", folder.path().display());
    Blobs::open(&place).expect("made");
    assert_eq!(names(folder.path()), [] as [String; 0]);
}

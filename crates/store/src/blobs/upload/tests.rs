//! What a crash leaves: tests without the flusher's thread, so that it is known what was flushed.

use std::fs::{self, OpenOptions};
use std::sync::mpsc::Receiver;

use super::*;
use crate::blobs::upload::Root;

const SIZE: u64 = 3 * PART + 5;

struct Place {
    folder: tempfile::TempDir,
    root: Arc<Root>,
    queue: Receiver<Arc<Upload>>,
}

fn place() -> Place {
    let folder = tempfile::tempdir().expect("a folder");
    let (root, queue) = Root::open(folder.path()).expect("opens");
    Place {
        folder,
        root,
        queue,
    }
}

const ID: FileId = FileId::from_bytes([7; 16]);

fn load(place: &Place) -> Arc<Upload> {
    Arc::new(Upload::load(&place.root, ID, SIZE).expect("loads"))
}

fn part(index: u64) -> Vec<u8> {
    let length = PART.min(SIZE - index * PART);
    (0..length)
        .map(|at| ((at * 7 + index * 13) % 251).to_le_bytes()[0])
        .collect()
}

fn send(upload: &Arc<Upload>, index: u64) {
    upload
        .write_at(index * PART, &part(index))
        .expect("written");
    upload.finish_part(index).expect("finished");
}

#[test]
fn only_what_was_flushed_counts_after_a_crash() {
    let place = place();
    let upload = load(&place);
    assert_eq!(upload.missing(), [(0, 4)]);
    send(&upload, 2);
    assert_eq!(upload.missing(), [(0, 2), (3, 4)], "received at once");
    let queued = place.queue.try_recv().expect("queued");
    queued.flush().expect("flushed");
    send(&upload, 0);
    upload
        .write_at(PART, &part(1)[..100])
        .expect("written and not finished");
    assert_eq!(upload.missing(), [(1, 2), (3, 4)]);

    // The process is gone: another reads what it left.
    let after = load(&place);
    assert_eq!(after.missing(), [(0, 2), (3, 4)], "0 was not flushed");
    assert_eq!(after.seal(), Err(Error::Incomplete));
    for index in [3, 0, 1] {
        send(&after, index);
    }
    after.flush().expect("flushed");
    assert_eq!(after.flush(), Ok(()), "sealed by that");
    assert_eq!(after.seal(), Ok(()));
    let whole: Vec<u8> = (0..4).flat_map(part).collect();
    let path = place.root.path("files", &ID.to_string());
    assert!(fs::read(&path).expect("sealed") == whole);
    assert!(!path.with_extension("part").exists() && !path.with_extension("have").exists());

    let sealed = load(&place);
    assert_eq!(sealed.missing(), [], "also after another restart");
    sealed.write_at(0, &[9; 100]).expect("left aside");
    sealed.finish_part(0).expect("left aside");
    assert_eq!(sealed.seal(), Ok(()));
    assert!(fs::read(&path).expect("sealed") == whole, "never changed");
    let other = Upload::load(&place.root, ID, SIZE + 1);
    assert_eq!(other.err(), Some(Error::Conflict));
}

#[test]
fn a_torn_record_is_none() {
    let place = place();
    let upload = load(&place);
    send(&upload, 1);
    upload.flush().expect("flushed");
    let have = place
        .root
        .path("files", &ID.to_string())
        .with_extension("have");
    let good = fs::read(&have).expect("noted");
    assert_eq!(good, record(1));
    for tail in [
        &[0; 4][..],
        &[0; 16],
        &record(2)[..7],
        &record(9),
        &[0, 0, 0, 2, 0, 0, 0, 2],
    ] {
        fs::write(&have, [&good, tail].concat()).expect("written");
        let after = load(&place);
        assert_eq!(after.missing(), [(0, 1), (2, 4)], "{tail:?}");
        send(&after, 2);
        after.flush().expect("flushed");
        let noted = fs::read(&have).expect("noted");
        assert!(
            noted.starts_with(&[good.clone(), record(2).to_vec()].concat()),
            "goes on there"
        );
        assert_eq!(load(&place).missing(), [(0, 1), (3, 4)]);
    }
}

#[test]
fn records_without_data_count_for_nothing() {
    let place = place();
    let upload = load(&place);
    send(&upload, 1);
    upload.flush().expect("flushed");
    let part = place
        .root
        .path("files", &ID.to_string())
        .with_extension("part");
    fs::remove_file(&part).expect("removed");
    assert_eq!(load(&place).missing(), [(0, 4)]);
    assert!(!part.with_extension("have").exists());
    // A file of another length is of another draft.
    send(&load(&place), 1);
    OpenOptions::new()
        .write(true)
        .open(&part)
        .and_then(|file| file.set_len(9))
        .expect("cut");
    assert_eq!(load(&place).missing(), [(0, 4)]);
}

/// An upload into a device instead of a file.
fn into(place: &Place, device: &str) -> Arc<Upload> {
    let upload = Upload::load(&place.root, ID, SIZE).expect("loads");
    let device = OpenOptions::new()
        .read(true)
        .write(true)
        .open(device)
        .expect("the device");
    upload.file.set(device).expect("not open yet");
    Arc::new(upload)
}

#[test]
fn a_full_disk_is_told() {
    let place = place();
    // ENOSPC from the kernel, always.
    let upload = into(&place, "/dev/full");
    assert_eq!(upload.write_at(0, &part(0)), Err(Error::Full));
    assert_eq!(upload.missing(), [(0, 4)]);
    assert_eq!(load(&place).begin(), Ok(()), "the store goes on");
}

#[test]
fn after_a_failed_sync_nothing_is_acknowledged() {
    let place = place();
    // A device that takes bytes and cannot sync them.
    let upload = into(&place, "/dev/null");
    upload.write_at(0, &part(0)).expect("taken");
    upload.finish_part(0).expect("received");
    assert!(matches!(upload.flush(), Err(Error::Fatal(_))));
    assert_eq!(upload.missing(), [(0, 4)], "it is not there");
    assert!(matches!(upload.finish_part(1), Err(Error::Fatal(_))));
    assert!(matches!(upload.seal(), Err(Error::Fatal(_))));
    let disk = crate::blobs::Disk::over(place.root);
    assert!(
        matches!(disk.free_bytes(), Err(Error::Fatal(_))),
        "a health check sees it"
    );
    assert!(matches!(
        disk.upload(FileId::from_bytes([8; 16]), 9).err(),
        Some(Error::Fatal(_))
    ));
    let manifest = disk.put_manifest(depesche_domain::ParcelId::from_bytes([1; 16]), 1);
    assert!(matches!(manifest.err(), Some(Error::Fatal(_))));
    drop(place.folder);
}

#[test]
fn a_removed_upload_takes_nothing_more() {
    let place = place();
    let upload = load(&place);
    send(&upload, 0);
    upload.give_up();
    assert_eq!(upload.write_at(0, &[1]), Err(Error::NotFound));
    assert_eq!(upload.finish_part(1), Err(Error::NotFound));
    assert_eq!(upload.seal(), Err(Error::NotFound));
    upload.flush().expect("nothing to do");
    let have = place
        .root
        .path("files", &ID.to_string())
        .with_extension("have");
    assert!(!have.exists(), "and leaves nothing");
}

#[test]
fn bytes_beyond_the_end_are_refused() {
    let place = place();
    let upload = load(&place);
    for (offset, length) in [(SIZE, 1), (SIZE - 1, 2), (u64::MAX, 1), (u64::MAX - 1, 2)] {
        let refused = upload.write_at(offset, &vec![0; length]);
        assert!(matches!(refused, Err(Error::Unavailable(_))), "{offset}");
    }
    assert_eq!(upload.finish_part(4), Err(Error::NotFound));
    assert_eq!(upload.finish_part(1 << 32), Err(Error::NotFound));
}

//! What an earlier run has written: sealed again and compared, so nothing is believed that is not exact.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use depesche_seal::file::{PartSealer, Sealer};
use depesche_seal::manifest::Manifest;

use super::place::Place;
use super::target::Target;

/// Whether part `index` is on the disk already, exactly. `buffer` has the part's length.
pub(super) fn is_written(
    place: &Place,
    manifest: &Manifest,
    target: &Target,
    index: u32,
    buffer: &mut [u8],
) -> io::Result<bool> {
    let Some(header) = target.opener.header() else {
        return Ok(false);
    };
    let object = &target.object;
    let sealer = Sealer::new(object.key(), &object.id(), header, object.size());
    let Ok(sealer) = sealer else { return Ok(false) };
    let (Ok(text), Ok(mut part)) = (sealer.part_text(index), sealer.part(index, buffer)) else {
        return Ok(false);
    };
    for stretch in target.layout.stretches(text) {
        let name = &manifest.files[stretch.entry].name;
        let Some(file) = place.existing(name)? else {
            return Ok(false);
        };
        if !fill(&file, stretch.at, &mut part)? {
            return Ok(false);
        }
    }
    Ok(part
        .finish()
        .is_ok_and(|hash| hash == object.parts()[index as usize]))
}

/// False if the file is too short.
fn fill(file: &File, at: std::ops::Range<u64>, part: &mut PartSealer<'_>) -> io::Result<bool> {
    let mut from = at.start;
    while from < at.end {
        let space = part.space();
        let want = (space.len() as u64).min(at.end - from) as usize;
        let read = file.read_at(&mut space[..want], from)?;
        if read == 0 || part.advance(read).is_err() {
            return Ok(false);
        }
        from += read as u64;
    }
    Ok(true)
}

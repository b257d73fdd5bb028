//! Parts and stretches: every byte of every file once, in order.

use depesche_client::layout::{Layout, lay_out};
use depesche_client::seal::file::{PACK_BELOW, part_count, part_text};
use depesche_client::seal::stream::sealed_size;
use proptest::prelude::*;

/// Entry, from, to: as all parts of an object carry them.
fn carried(layout: &Layout) -> Vec<(usize, u64, u64)> {
    let sealed = sealed_size(layout.size()).expect("size");
    let mut all: Vec<(usize, u64, u64)> = Vec::new();
    for part in 0..part_count(sealed).expect("count") {
        for stretch in layout.stretches(part_text(sealed, part).expect("text")) {
            match all.last_mut() {
                Some(last) if last.0 == stretch.entry && last.2 == stretch.at.start => {
                    last.2 = stretch.at.end;
                }
                _ => all.push((stretch.entry, stretch.at.start, stretch.at.end)),
            }
        }
    }
    all
}

#[test]
fn small_files_share_one_pack_and_large_ones_stand_alone() {
    let sizes = [
        Some(5),
        None,
        Some(PACK_BELOW),
        Some(0),
        Some(PACK_BELOW - 1),
        Some(1 << 30),
    ];
    let objects = lay_out(&sizes).expect("layout");
    let entries: Vec<Vec<usize>> = objects.iter().map(|o| o.entries().collect()).collect();
    assert_eq!(entries, [vec![2], vec![5], vec![0, 3, 4]]);
    assert_eq!(objects[2].size(), 5 + PACK_BELOW - 1);
    assert_eq!(carried(&objects[2]), [(0, 0, 5), (4, 0, PACK_BELOW - 1)]);
}

#[test]
fn nothing_to_pack_gives_no_pack_and_empty_files_give_one() {
    assert_eq!(lay_out(&[None, None]).expect("layout"), []);
    let empty = lay_out(&[Some(0)]).expect("layout");
    assert_eq!(empty.len(), 1);
    assert_eq!(carried(&empty[0]), []);
}

proptest! {
    #[test]
    fn every_byte_is_carried_once(sizes in proptest::collection::vec(
        prop_oneof![Just(0), 0..4096_u64, PACK_BELOW - 3..PACK_BELOW + 3, 8_000_000..9_000_000_u64, Just(40_000_000)], 0..60)
    ) {
        let wanted: Vec<Option<u64>> = sizes.iter().copied().map(Some).collect();
        let mut seen = vec![0; sizes.len()];
        for object in lay_out(&wanted).expect("layout") {
            for (entry, from, to) in carried(&object) {
                prop_assert_eq!(from, seen[entry], "entry {}", entry);
                seen[entry] = to;
            }
        }
        prop_assert_eq!(seen, sizes);
    }
}

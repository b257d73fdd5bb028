//! How a record lies on the disk: plain at levels 1 and 2, sealed to the keyring at levels 3 and 4 (`DPG1`).

use depesche_seal::going_on;
use depesche_seal::key::{KeyringKey, ParcelId};
use depesche_seal::stream::StreamHeader;
use zeroize::Zeroizing;

use crate::world::World;

/// What covers the text of a record.
#[derive(Clone)]
pub(crate) enum Cover {
    /// The mode of file and folder alone.
    Plain,
    /// Whoever has the keyring's master key opens it.
    Sealed(KeyringKey, World),
}

impl Cover {
    /// The first bytes of the file.
    pub(super) const fn magic(&self) -> &'static [u8; 8] {
        match self {
            Self::Plain => b"DPCD\0\0\0\x01",
            Self::Sealed(..) => b"DPCD\0\0\0\x02",
        }
    }

    /// Whether a file begins as a sealed one.
    pub(super) fn is_sealed(head: &[u8]) -> bool {
        head == b"DPCD\0\0\0\x02"
    }

    pub(super) fn put_on(&self, parcel: &ParcelId, json: Zeroizing<Vec<u8>>) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Plain => json,
            Self::Sealed(key, world) => {
                let header = StreamHeader::from_random(&world.draw());
                let sealed = going_on::seal(key, parcel, header, &json);
                Zeroizing::new(sealed.expect("a record is far smaller than a stream can be"))
            }
        }
    }

    /// None if it does not come off.
    pub(super) fn take_off(&self, bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        match self {
            Self::Plain => Some(Zeroizing::new(bytes.to_vec())),
            Self::Sealed(key, _) => {
                let parcel = going_on::parcel(bytes).ok()?;
                going_on::open(key, &parcel, bytes).ok()
            }
        }
    }
}

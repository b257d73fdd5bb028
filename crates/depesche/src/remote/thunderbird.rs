//! A Thunderbird profile on this machine: where it is, a private copy of it, and what is read from that.

use std::io;
use std::path::{Path, PathBuf};

use depesche_client::fault::Fault;
use depesche_client::settings::bundle::stamp::Stamp;
use depesche_client::settings::bundle::whole::Bundle;
use depesche_client::settings::convert::{self, Error as ConvertError, Input};
use depesche_client::settings::secret::{Entropy, Secret};
use depesche_client::settings::thunderbird::error::Error as ProfileError;
use depesche_client::settings::thunderbird::profiles::{self, Profile};
use depesche_client::settings::thunderbird::read::Opening;
use depesche_client::settings::thunderbird::snapshot;
use depesche_client::settings::uuid::derive_uuid;
use depesche_client::world::World;

use crate::cli_handoff::SecretArgs;
use crate::exit::Failure;
use crate::secret;

/// Below the home folder, as Thunderbird is packed.
const PLACES: [&str; 4] = [
    ".thunderbird",
    "snap/thunderbird/common/.thunderbird",
    ".var/app/org.mozilla.Thunderbird/.thunderbird",
    "Library/Thunderbird",
];
/// The namespace of what this program makes ids of.
const NAMESPACE: &str = "7d0a6f0e-52a6-5c1c-9c33-d1d2c7a3a3a6";

fn not_found(detail: impl ToString) -> Failure {
    Failure::new(Fault::Usage, "profile_not_found", detail)
}

/// The folder of the profile that is meant: a folder, a name of `profiles.ini`, else the one Thunderbird opens.
pub(crate) fn locate(wanted: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(folder) = wanted.filter(|path| path.is_dir()) {
        return Ok(folder.to_owned());
    }
    let home = std::env::var_os("HOME")
        .map(PathBuf::from)
        .unwrap_or_default();
    let fits = |profile: &Profile| match wanted {
        Some(name) => name.as_os_str() == profile.name.as_str(),
        None => profile.is_default,
    };
    for place in PLACES.map(|place| home.join(place)) {
        let Ok(text) = std::fs::read_to_string(place.join("profiles.ini")) else {
            continue;
        };
        let all = profiles::parse(&text);
        let alone = all.first().filter(|_| wanted.is_none() && all.len() == 1);
        if let Some(profile) = all.iter().find(|profile| fits(profile)).or(alone) {
            return Ok(match profile.is_absolute {
                true => profile.path.clone().into(),
                false => place.join(&profile.path),
            });
        }
    }
    Err(match wanted {
        Some(name) => not_found(format!(
            "there is no folder and no Thunderbird profile {}; say the folder",
            name.display()
        )),
        None => not_found("no Thunderbird profile was found here; say its folder"),
    })
}

/// When, and an id that is the same for the same source.
pub(crate) fn stamp(source: &Path, world: World) -> Stamp {
    let whole = std::fs::canonicalize(source).unwrap_or_else(|_| source.to_owned());
    let created = jiff::Timestamp::from_millisecond(world.now()).unwrap_or_default();
    Stamp {
        id: derive_uuid(NAMESPACE, &whole.to_string_lossy()),
        created: created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    }
}

/// A folder that only this user opens, gone when dropped.
struct Copy(PathBuf);

impl Copy {
    fn make(world: World) -> io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt as _;
        let name = format!("depesche-{:032x}", u128::from_le_bytes(world.draw()));
        let path = std::env::temp_dir().join(name);
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // What cannot be removed lies in the system's folder for such things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn failure(error: &ConvertError) -> Failure {
    let (fault, code) = match error {
        ConvertError::Thunderbird(ProfileError::WrongPrimaryPassword) => {
            (Fault::Unopenable, "primary_password_wrong")
        }
        ConvertError::Thunderbird(ProfileError::PrimaryPasswordNeeded) => {
            (Fault::Usage, "secret_missing")
        }
        ConvertError::Thunderbird(ProfileError::NotAProfile) => (Fault::Usage, "not_a_profile"),
        ConvertError::Thunderbird(ProfileError::OtherUser) => {
            (Fault::Refused, "profile_of_another")
        }
        ConvertError::Thunderbird(ProfileError::Busy { .. }) => {
            (Fault::Unavailable, "profile_busy")
        }
        _ => (Fault::Unopenable, "profile_damaged"),
    };
    Failure::new(fault, code, error)
}

/// Reads a profile; with passwords only if that is wished.
pub(crate) fn read(profile: &Path, args: &SecretArgs, world: World) -> Result<Bundle, Failure> {
    let io = |error| {
        Failure::new(
            Fault::Other,
            "profile_copy",
            format!("the profile cannot be copied: {error}"),
        )
    };
    let copy = Copy::make(world).map_err(io)?;
    let owner = std::fs::metadata(&copy.0).map_err(io)?;
    let owner = std::os::unix::fs::MetadataExt::uid(&owner);
    snapshot::take(profile, &copy.0, Some(owner)).map_err(|error| failure(&error.into()))?;
    let stamp = stamp(profile, world);
    let input = Input::Profile(&copy.0);
    if !args.with_passwords {
        return convert::read(input, &stamp, None).map_err(|error| failure(&error));
    }
    let opening = |primary_password| Opening {
        primary_password,
        entropy: Entropy::from_random(world.draw()),
    };
    match convert::read(input, &stamp, Some(&opening(None))) {
        Err(ConvertError::Thunderbird(ProfileError::PrimaryPasswordNeeded)) => {
            let file = args.primary_password_file.as_deref();
            let given = secret::password(
                "DEPESCHE_PRIMARY_PASSWORD",
                file,
                "Primary password of the profile",
            )?;
            let opening = opening(Some(Secret::new(given.to_string())));
            convert::read(input, &stamp, Some(&opening)).map_err(|error| failure(&error))
        }
        read => read.map_err(|error| failure(&error)),
    }
}

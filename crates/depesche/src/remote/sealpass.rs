//! `sealpass`.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use depesche_client::keyring::{
    self, Closed, Kit, Master, NewSealPass, Ring, RingError, read_kit, word_list,
};
use depesche_client::own::Own;
use depesche_client::seal::words;
use serde_json::json;
use zeroize::Zeroizing;

use super::desk::Desk;
use super::letter::language;
use crate::cli::SealPassWhat;
use crate::exit::Failure;
use crate::{secret, text};

/// Far more than a kit is.
const KIT_MOST: u64 = 64 << 10;

pub(crate) async fn sealpass(desk: &Desk, what: &SealPassWhat) -> Result<(), Failure> {
    let (server, session) = desk.member()?;
    let own = desk.own(&server, session);
    match what {
        SealPassWhat::Setup { kit, language } => set_up(desk, own, kit.as_deref(), language).await,
        SealPassWhat::Change {
            known,
            kit,
            new_sealpass_file: new,
        } => change(desk, own, new.as_deref(), (*known, kit.as_deref())).await,
        SealPassWhat::Recover { kit } => {
            let (number, code) = read_kit(&read_file(kit)?)?;
            let _ = Closed::load(own).await?;
            let new = NewSealPass::judge(own, &desk.new_sealpass()?).await?;
            let ring = keyring::recover(own, (number, &code), &new).await?;
            say(
                desk,
                &ring,
                "Your SealPass is set anew. Nothing was lost; the kit stays good.",
            )
        }
        SealPassWhat::Kit { kit } => {
            let sealpass = desk.sealpass()?;
            let ring =
                keyring::add_kit(own, &sealpass, |made| write_kit(desk, own, kit, made)).await?;
            say(
                desk,
                &ring,
                "The recovery kit is written; an older one has ended.",
            )
        }
        SealPassWhat::Keep => {
            own.server.stop_reset().await?;
            desk.say(
                &json!({"kept": true}),
                "Your SealPass stays; the reset is stopped.",
            );
            Ok(())
        }
    }
}

async fn change(
    desk: &Desk,
    own: Own<'_>,
    new: Option<&Path>,
    (known, kit): (bool, Option<&Path>),
) -> Result<(), Failure> {
    // That there is one shows before anything is asked for.
    let _ = Closed::load(own).await?;
    if let Some(path) = kit
        && path.exists()
    {
        return Err(exists(path));
    }
    let old = desk.sealpass()?;
    let new = secret::new_password("DEPESCHE_NEW_SEALPASS", new, "New SealPass")?;
    let new = NewSealPass::judge(own, &new).await?;
    if !known {
        let ring = keyring::change(own, &old, &new).await?;
        return say(desk, &ring, "Your SealPass is changed. Nothing was lost.");
    }
    let write = |path| move |made: &Kit| write_kit(desk, own, path, made);
    let ring = keyring::change_known(own, &old, &new, kit.map(write)).await?;
    let done = match kit {
        Some(_) => {
            "Your SealPass is changed and your keys are sealed anew. Use the new recovery kit; the old one has ended."
        }
        None => {
            "Your SealPass is changed and your keys are sealed anew. Your recovery kit has ended; make a new one: depesche sealpass kit FILE"
        }
    };
    say(desk, &ring, done)
}

async fn set_up(desk: &Desk, own: Own<'_>, kit: Option<&Path>, list: &str) -> Result<(), Failure> {
    let list = word_list(language(list)?);
    let there = match Closed::load(own).await {
        Err(RingError::None) => None,
        there => Some(there?),
    };
    let text = desk.new_sealpass()?;
    if let Some(closed) = there {
        return go_on(desk, own, closed, &text, kit).await;
    }
    if let Some(path) = kit
        && path.exists()
    {
        return Err(exists(path));
    }
    let sealpass = NewSealPass::judge(own, &text).await?;
    let prepared = keyring::set_up(own, &sealpass, list, kit.is_some()).await?;
    if let (Some(path), Some(kit)) = (kit, &prepared.kit) {
        write_kit(desk, own, path, kit)?;
    }
    let ring = match prepared.keep(own, &sealpass).await {
        // Another device was faster: what was written opens nothing.
        Err(RingError::Exists) => {
            if let Some(path) = kit {
                let _ = std::fs::remove_file(path);
            }
            return Err(RingError::Exists.into());
        }
        ring => ring?,
    };
    say(
        desk,
        &ring,
        "Your SealPass is set up. It works for all later deliveries.",
    )
}

/// An earlier run was stopped before it could say that it was done: the same SealPass opens what it made.
async fn go_on(
    desk: &Desk,
    own: Own<'_>,
    closed: Closed,
    sealpass: &str,
    kit: Option<&Path>,
) -> Result<(), Failure> {
    let ring = match closed.unlock(own, &Master::SealPass(sealpass)) {
        Err(RingError::WrongSealPass) => return Err(RingError::Exists.into()),
        ring => ring?,
    };
    let done = "Your SealPass was set up already, and is this one.";
    let Some(path) = kit else {
        return say(desk, &ring, done);
    };
    if !path.exists() {
        let ring = keyring::add_kit(own, sealpass, |made| write_kit(desk, own, path, made)).await?;
        return say(desk, &ring, done);
    }
    let (_, code) = read_kit(&read_file(path)?)?;
    let opened = Closed::load(own).await?.unlock(own, &Master::Kit(&code));
    match opened {
        Ok(ring) => say(desk, &ring, done),
        Err(RingError::WrongKit(_) | RingError::NoKit(_)) => Err(exists(path)),
        Err(error) => Err(error.into()),
    }
}

fn exists(path: &Path) -> Failure {
    let path = path.display();
    Failure::usage(
        "kit_file_exists",
        format!("{path} exists, and is not replaced; name another file for the recovery kit"),
    )
}

fn write_kit(desk: &Desk, own: Own<'_>, path: &Path, kit: &Kit) -> Result<(), Failure> {
    let page = kit.page(own, &text::time(desk.world.now()));
    let write = || {
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(page.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => exists(path),
        _ => {
            let detail = format!(
                "cannot write the recovery kit to {}: {error}",
                path.display()
            );
            Failure::usage("kit_file", detail)
        }
    })
}

fn read_file(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::new());
    let read = if path == Path::new("-") {
        std::io::stdin().take(KIT_MOST).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(KIT_MOST).read_to_string(&mut text))
    };
    match read {
        Ok(_) => Ok(text),
        Err(error) => {
            let detail = format!("cannot read the recovery kit {}: {error}", path.display());
            Err(Failure::usage("kit_file", detail))
        }
    }
}

fn say(desk: &Desk, ring: &Ring, done: &str) -> Result<(), Failure> {
    let record = ring.chain().current().record();
    let words = words::of_key(&record.fingerprint(), record.word_list());
    let words = words
        .map_err(depesche_client::keyed::KeyedError::from)?
        .join(" ");
    desk.say(
        &json!({
            "fingerprint": ring.fingerprint().to_string(),
            "version": ring.generation(),
            "words": words,
        }),
        &format!("{done}\nThe six words of your key: {words}"),
    );
    Ok(())
}

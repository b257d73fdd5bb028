//! Setting up, changing, regaining; and the recovery kit.
//!
//! Nothing is deleted before what takes its place was read back and opened.

use std::fmt::Write as _;

use depesche_api::{AskKeys, B64, Language, NewKeyring, NewLock};
use depesche_seal::key::{AccountId, ClaimSeed, KemSeed, KeyringKey, SignatureSeed};
use depesche_seal::keyring::{Fresh, Keyring, Seen};
use depesche_seal::kit::{KitId, KitSecret};
use depesche_seal::lock::{Kind, Lock};
use depesche_seal::record::{Chain, SignedRecord, WordList};
use zeroize::Zeroizing;

use super::error::RingError;
use super::records;
use super::ring::{Closed, Master, Ring, account_of, open_lock};
use super::strength;
use crate::fault::Fault;
use crate::login;
use crate::own::Own;

/// A SealPass that may be used.
pub struct NewSealPass(Zeroizing<String>);

impl std::fmt::Debug for NewSealPass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewSealPass(..)")
    }
}

impl NewSealPass {
    /// Refuses what can be guessed, and the login password, by trying it.
    ///
    /// # Errors
    /// [`RingError::Weak`], [`RingError::IsPassword`]; server or network.
    pub async fn judge(own: Own<'_>, text: &str) -> Result<Self, RingError> {
        let known = [own.account.email.as_str(), own.account.name.as_str()];
        if !strength::is_strong(text, &known) {
            return Err(RingError::Weak);
        }
        if login::is_password(own.server, &own.account.email, text, own.world).await? {
            return Err(RingError::IsPassword);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }
}

/// The words of a language.
#[must_use]
pub const fn word_list(language: Language) -> WordList {
    match language {
        Language::De => WordList::De,
        Language::En => WordList::En,
        Language::Cs => WordList::Cs,
    }
}

/// A recovery kit: to be printed or kept, and shown to nobody.
pub struct Kit {
    number: u32,
    id: KitId,
    secret: KitSecret,
}

impl std::fmt::Debug for Kit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kit({})", self.number)
    }
}

impl Kit {
    fn make(own: Own<'_>, number: u32) -> Self {
        Self {
            number,
            id: KitId::from_bytes(own.world.draw()),
            secret: KitSecret::take(&mut own.world.draw()),
        }
    }

    /// The page, as text.
    #[must_use]
    pub fn page(&self, own: Own<'_>, date: &str) -> Zeroizing<String> {
        let mut out = Zeroizing::new(String::new());
        let _ = writeln!(
            out,
            "Depesche recovery kit no. {}  ·  {}\n",
            self.number, self.id
        );
        let _ = writeln!(out, "For      {}", own.account.email);
        let _ = writeln!(out, "At       {}", own.server.base());
        let _ = writeln!(out, "Made     {date}\n");
        let _ = writeln!(out, "    {}\n", self.secret.to_text().as_str());
        out.push_str(
            "Whoever has this page and the login opens everything that is sealed for you. Keep it where you keep\n\
             your passport. Forgotten the SealPass? Run: depesche sealpass recover --kit FILE\n\
             A newer kit takes the place of this one.\n",
        );
        out
    }
}

/// The kit in what a person kept: its number if that can be read, and its code.
///
/// # Errors
/// [`RingError::NotAKit`].
pub fn read_kit(text: &str) -> Result<(Option<u32>, KitSecret), RingError> {
    let number = text.lines().next().and_then(|line| {
        let (_, after) = line.split_once("no. ")?;
        after.split_whitespace().next()?.parse().ok()
    });
    let mut codes = text
        .lines()
        .filter_map(|line| KitSecret::parse_text(line.trim()).ok());
    codes
        .next()
        .map(|secret| (number, secret))
        .ok_or(RingError::NotAKit)
}

/// A keyring made and not yet handed over.
#[derive(Debug)]
pub struct Prepared {
    ring: Ring,
    request: NewKeyring,
    /// To be kept before [`Prepared::keep`].
    pub kit: Option<Kit>,
}

/// Makes a keyring. After an administrator's reset it continues the chain of the one that was lost.
///
/// # Errors
/// [`RingError`]; [`RingError::Exists`] if there is one.
pub async fn set_up(
    own: Own<'_>,
    sealpass: &NewSealPass,
    list: WordList,
    with_kit: bool,
) -> Result<Prepared, RingError> {
    match Closed::load(own).await {
        Err(RingError::None) => {}
        Err(error) => return Err(error),
        Ok(_) => return Err(RingError::Exists),
    }
    let account = account_of(own)?;
    let lost = lost_records(own, &account).await?;
    let key = KeyringKey::take(&mut own.world.draw());
    let kit = with_kit.then(|| Kit::make(own, 1));
    let (keyring, record) = make_keyring(own, &account, list, lost.as_ref())?;
    let mut locks = vec![sealpass_lock(own, &key, &account, sealpass)?];
    locks.extend(kit.as_ref().map(|kit| kit_lock(own, &key, &account, kit)));
    // After a reset it is higher than any before, which a device that has not seen them can only guess.
    let generation = match (&lost, super::floor::Floor::load(own)?) {
        (None, _) => 1,
        (Some(_), Some(floor)) => floor.seen.generation + 1,
        (Some(_), None) => u64::from(record.record().epoch()) * 1000,
    };
    let mut all = lost.map_or_else(Vec::new, |chain| chain.records().to_vec());
    let wire = B64(record.to_bytes());
    all.push(record);
    let chain = Chain::verify(all, &account)?;
    let seen = Seen {
        generation,
        body: depesche_seal::key::Hash::from_bytes([0; 32]),
    };
    let mut ring = Ring::fresh(account, chain, key, keyring, seen);
    let body = ring.seal_body(own, generation)?;
    ring.seen = Seen::check(None, &body).map_err(RingError::Body)?;
    let request = NewKeyring {
        record: wire,
        locks: locks.iter().map(|lock| B64(lock.to_bytes())).collect(),
        generation,
        body: B64(body.to_bytes()),
    };
    Ok(Prepared { ring, request, kit })
}

impl Prepared {
    /// Hands it over, and reads it back.
    ///
    /// # Errors
    /// [`RingError`]; [`RingError::Exists`] if another device was faster.
    pub async fn keep(self, own: Own<'_>, sealpass: &NewSealPass) -> Result<Ring, RingError> {
        match own.server.put_keyring(&self.request).await {
            Err(error) if error.code() == "sealpass_exists" => return Err(RingError::Exists),
            kept => kept?,
        }
        self.ring.remember(own)?;
        Closed::load(own)
            .await?
            .unlock(own, &Master::SealPass(&sealpass.0))
    }
}

/// The records of a keyring that a reset destroyed; none if there never was one.
async fn lost_records(own: Own<'_>, account: &AccountId) -> Result<Option<Chain>, RingError> {
    let ask = AskKeys {
        emails: vec![own.account.email.clone()],
    };
    let keys = own.server.keys(&ask).await?;
    let records = keys.people.into_iter().next().map(|person| person.records);
    let records = records.unwrap_or_default();
    let floor = super::floor::Floor::load(own)?;
    if records.is_empty() {
        return match floor {
            // It was here, and the server says that it never was.
            Some(floor) => Err(RingError::Replaced(floor.head)),
            None => Ok(None),
        };
    }
    let chain = records::chain(&records, account)?;
    match floor {
        Some(floor) if chain.find(&floor.head).is_none() => Err(RingError::Replaced(floor.head)),
        _ => Ok(Some(chain)),
    }
}

fn make_keyring(
    own: Own<'_>,
    account: &AccountId,
    list: WordList,
    lost: Option<&Chain>,
) -> Result<(Keyring, SignedRecord), RingError> {
    let fresh = Fresh {
        signature_seed: SignatureSeed::take(&mut own.world.draw()),
        kem_seed: KemSeed::take(&mut own.world.draw()),
        claim_seed: ClaimSeed::take(&mut own.world.draw()),
    };
    let time = u64::try_from(own.world.now()).unwrap_or(0);
    Ok(match lost.map(Chain::current) {
        None => Keyring::make(&fresh, *account, time, list)?,
        Some(before) => Keyring::make_after_reset(&fresh, before, time, list)?,
    })
}

fn sealpass_lock(
    own: Own<'_>,
    key: &KeyringKey,
    account: &AccountId,
    sealpass: &NewSealPass,
) -> Result<Lock, RingError> {
    let (params, nonce) = (Lock::recommended(own.world.draw()), own.world.draw());
    tokio::task::block_in_place(|| Lock::seal_sealpass(key, account, &sealpass.0, params, nonce))
        .map_err(RingError::Lock)
}

fn kit_lock(own: Own<'_>, key: &KeyringKey, account: &AccountId, kit: &Kit) -> Lock {
    Lock::seal_kit(
        key,
        account,
        (kit.number, kit.id),
        &kit.secret,
        own.world.draw(),
    )
}

/// Adds a lock, reads it back and opens it.
async fn put_lock(
    own: Own<'_>,
    ring: &Ring,
    lock: &Lock,
    master: &Master<'_>,
) -> Result<String, RingError> {
    let request = NewLock {
        lock: B64(lock.to_bytes()),
    };
    let id = own.server.put_lock(&request).await?.id;
    let closed = Closed::load(own).await?;
    let back = closed.locks.iter().find(|(have, _)| *have == id);
    let opened = back.and_then(|(_, lock)| {
        tokio::task::block_in_place(|| open_lock(lock, &ring.account, master))
    });
    match opened {
        Some(Ok(key)) if key == ring.key => Ok(id),
        _ => Err(RingError::Mixed),
    }
}

/// Deletes locks; one that is gone already was deleted by another device.
async fn delete_locks(own: Own<'_>, ids: &[String]) -> Result<(), RingError> {
    for id in ids {
        match own.server.delete_lock(id).await {
            Err(error) if error.fault() == Fault::Gone => {}
            deleted => deleted?,
        }
    }
    Ok(())
}

/// Puts another SealPass in the place of `old`. A lock that another device has just added stays.
///
/// # Errors
/// [`RingError`].
pub async fn change(own: Own<'_>, old: &str, new: &NewSealPass) -> Result<Ring, RingError> {
    let ring = Closed::load(own)
        .await?
        .unlock(own, &Master::SealPass(old))?;
    let replaced = tokio::task::block_in_place(|| {
        let opened = |lock: &Lock| open_lock(lock, &ring.account, &Master::SealPass(old));
        let is_old = |(_, lock): &&(String, Lock)| matches!(opened(lock), Some(Ok(_)));
        let old = ring.locks.iter().filter(is_old);
        old.map(|(id, _)| id.clone()).collect::<Vec<_>>()
    });
    let lock = sealpass_lock(own, &ring.key, &ring.account, new)?;
    let added = put_lock(own, &ring, &lock, &Master::SealPass(&new.0)).await?;
    let replaced: Vec<String> = replaced.into_iter().filter(|id| *id != added).collect();
    delete_locks(own, &replaced).await?;
    Ok(ring)
}

/// Somebody may know the old SealPass: a new master key seals the keyring, and with the step that keeps it every lock and
/// kit ends. A new kit is handed to `keep` before anything is handed over; without `keep` there is none.
///
/// # Errors
/// [`RingError`], or what `keep` says.
pub async fn change_known<E: From<RingError>>(
    own: Own<'_>,
    old: &str,
    new: &NewSealPass,
    keep: Option<impl FnOnce(&Kit) -> Result<(), E>>,
) -> Result<Ring, E> {
    let closed = Closed::load(own).await?;
    let ring = closed.unlock(own, &Master::SealPass(old))?;
    let key = KeyringKey::take(&mut own.world.draw());
    let mut locks = vec![sealpass_lock(own, &key, &ring.account, new)?];
    if let Some(keep) = keep {
        let kit = Kit::make(own, newest_kit(&ring.locks).unwrap_or(0) + 1);
        keep(&kit)?;
        locks.push(kit_lock(own, &key, &ring.account, &kit));
    }
    ring.renew(own, key, &locks).await?;
    let renewed = Closed::load(own).await?;
    Ok(renewed.unlock(own, &Master::SealPass(&new.0))?)
}

/// Opens the keyring by a kit and sets a SealPass: the forgotten ones end.
///
/// # Errors
/// [`RingError`]; [`RingError::OldKit`] if another kit has taken its place.
pub async fn recover(
    own: Own<'_>,
    (number, secret): (Option<u32>, &KitSecret),
    new: &NewSealPass,
) -> Result<Ring, RingError> {
    let closed = Closed::load(own).await?;
    let newest = newest_kit(&closed.locks);
    let ring = match closed.unlock(own, &Master::Kit(secret)) {
        Err(RingError::WrongKit(whose)) => {
            return Err(match (number, newest) {
                (Some(have), Some(newest)) if have < newest => RingError::OldKit { have, newest },
                _ => RingError::WrongKit(whose),
            });
        }
        ring => ring?,
    };
    let is_sealpass = |(_, lock): &&(String, Lock)| matches!(lock.kind(), Kind::SealPass(_));
    let forgotten: Vec<String> = ring
        .locks
        .iter()
        .filter(is_sealpass)
        .map(|(id, _)| id.clone())
        .collect();
    let lock = sealpass_lock(own, &ring.key, &ring.account, new)?;
    put_lock(own, &ring, &lock, &Master::SealPass(&new.0)).await?;
    delete_locks(own, &forgotten).await?;
    Ok(ring)
}

fn newest_kit(locks: &[(String, Lock)]) -> Option<u32> {
    let numbers = locks.iter().filter_map(|(_, lock)| match lock.kind() {
        Kind::Kit { number, .. } => Some(*number),
        _ => None,
    });
    numbers.max()
}

/// Makes a further kit. `keep` is called before anything is handed over; older kits end once it is.
///
/// # Errors
/// [`RingError`], or what `keep` says.
pub async fn add_kit<E: From<RingError>>(
    own: Own<'_>,
    sealpass: &str,
    keep: impl FnOnce(&Kit) -> Result<(), E>,
) -> Result<Ring, E> {
    let closed = Closed::load(own).await?;
    let ring = closed.unlock(own, &Master::SealPass(sealpass))?;
    let kit = Kit::make(own, newest_kit(&ring.locks).unwrap_or(0) + 1);
    keep(&kit)?;
    let lock = kit_lock(own, &ring.key, &ring.account, &kit);
    put_lock(own, &ring, &lock, &Master::Kit(&kit.secret)).await?;
    let is_kit = |(_, lock): &&(String, Lock)| matches!(lock.kind(), Kind::Kit { .. });
    let older: Vec<String> = ring
        .locks
        .iter()
        .filter(is_kit)
        .map(|(id, _)| id.clone())
        .collect();
    delete_locks(own, &older).await?;
    Ok(ring)
}

//! The keyring as the server gives it, checked and closed; and open.

use depesche_api::{B64, NewBody};
use depesche_seal::key::{AccountId, Fingerprint, KeyringKey};
use depesche_seal::keyring::{Body, Keyring, Seen};
use depesche_seal::kit::KitSecret;
use depesche_seal::lock::{Kind, Lock, LockError};
use depesche_seal::record::Chain;
use depesche_seal::trust::Pin;

use super::error::RingError;
use super::floor::Floor;
use super::records;
use crate::http::CallError;
use crate::own::Own;

/// So often a body is tried again that another device was faster with.
const ROUNDS: usize = 8;

/// What opens a lock.
pub enum Master<'a> {
    /// The SealPass.
    SealPass(&'a str),
    /// A recovery kit.
    Kit(&'a KitSecret),
}

impl std::fmt::Debug for Master<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Master(..)")
    }
}

/// Checked as far as that goes without the SealPass.
#[derive(Debug)]
pub struct Closed {
    pub(super) account: AccountId,
    pub(super) chain: Chain,
    /// With their ids.
    pub(super) locks: Vec<(String, Lock)>,
    body: Body,
    seen: Seen,
    /// When an administrator's reset destroys it, ms.
    pub reset_due: Option<i64>,
}

impl Closed {
    /// Asks for the own keyring and holds it against what this profile has seen. Nothing is derived from a secret here.
    ///
    /// # Errors
    /// [`RingError::None`] without one; what the server gave is refused for.
    pub async fn load(own: Own<'_>) -> Result<Self, RingError> {
        let floor = Floor::load(own)?;
        let given = match own.server.keyring().await {
            Err(error) if error.code() == "no_sealpass" => return Err(RingError::None),
            given => given?,
        };
        let account = account_of(own)?;
        let mut locks = Vec::with_capacity(given.locks.len());
        for lock in given.locks {
            let parsed = Lock::parse(&lock.bytes.0).map_err(RingError::Lock)?;
            locks.push((lock.id, parsed));
        }
        let body = Body::parse(&given.body.0).map_err(RingError::Body)?;
        let seen = Seen::check(floor.as_ref().map(|floor| &floor.seen), &body);
        Ok(Self {
            chain: checked_chain(&given.records, &account, floor.as_ref())?,
            account,
            locks,
            seen: seen.map_err(RingError::Body)?,
            body,
            reset_due: given.reset_due,
        })
    }

    /// The own key's name.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.chain.current().record().fingerprint()
    }

    /// The own key records.
    #[must_use]
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Opens it. Takes 128 MiB and a good part of a second for each lock of that kind.
    ///
    /// # Errors
    /// [`RingError`].
    pub fn unlock(self, own: Own<'_>, master: &Master<'_>) -> Result<Ring, RingError> {
        let key = tokio::task::block_in_place(|| self.master_key(own, master))?;
        self.open(own, key)
    }

    fn master_key(&self, own: Own<'_>, master: &Master<'_>) -> Result<KeyringKey, RingError> {
        for (_, lock) in &self.locks {
            match open_lock(lock, &self.account, master) {
                None => {}
                Some(Ok(key)) => return Ok(key),
                Some(Err(error)) if is_wrong(&error) => {}
                Some(Err(error)) => return Err(RingError::Lock(error)),
            }
        }
        let mut kinds = self.locks.iter().map(|(_, lock)| lock.kind());
        let has_kit = kinds.any(|kind| matches!(kind, Kind::Kit { .. }));
        Err(match master {
            Master::SealPass(_) => RingError::WrongSealPass,
            Master::Kit(_) if has_kit => RingError::WrongKit(own.account.email.clone()),
            Master::Kit(_) => RingError::NoKit(own.account.email.clone()),
        })
    }

    fn open(self, own: Own<'_>, key: KeyringKey) -> Result<Ring, RingError> {
        let keyring = self
            .body
            .open(&key, &self.account)
            .map_err(RingError::Body)?;
        if !keyring.is_of(self.chain.current().record()) {
            return Err(RingError::Mixed);
        }
        let ring = Ring {
            account: self.account,
            chain: self.chain,
            locks: self.locks,
            key,
            keyring,
            seen: self.seen,
            pending: vec![],
        };
        ring.remember(own)?;
        Ok(ring)
    }
}

/// The account of the session, as an id.
pub(super) fn account_of(own: Own<'_>) -> Result<AccountId, RingError> {
    AccountId::parse(&own.account.id).map_err(|_| RingError::Mixed)
}

fn checked_chain(
    given: &[B64],
    account: &AccountId,
    floor: Option<&Floor>,
) -> Result<Chain, RingError> {
    let chain = records::chain(given, account)?;
    match floor {
        Some(floor) if chain.find(&floor.head).is_none() => Err(RingError::Replaced(floor.head)),
        _ => Ok(chain),
    }
}

/// None if it is a lock of another kind.
pub(super) fn open_lock(
    lock: &Lock,
    account: &AccountId,
    master: &Master<'_>,
) -> Option<Result<KeyringKey, LockError>> {
    match (master, lock.kind()) {
        (Master::SealPass(text), Kind::SealPass(_)) => Some(lock.open_sealpass(account, text)),
        (Master::Kit(secret), Kind::Kit { .. }) => Some(lock.open_kit(account, secret)),
        _ => None,
    }
}

/// Another SealPass or kit, rather than a damaged lock.
pub(super) fn is_wrong(error: &LockError) -> bool {
    matches!(error, LockError::Wrong)
}

/// Open, for as long as a command runs.
pub struct Ring {
    pub(super) account: AccountId,
    pub(super) chain: Chain,
    pub(super) locks: Vec<(String, Lock)>,
    pub(super) key: KeyringKey,
    pub(super) keyring: Keyring,
    pub(super) seen: Seen,
    /// Pins set since the body was read.
    pending: Vec<Pin>,
}

impl std::fmt::Debug for Ring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ring(generation {})", self.seen.generation)
    }
}

impl Ring {
    pub(super) fn fresh(
        account: AccountId,
        chain: Chain,
        key: KeyringKey,
        keyring: Keyring,
        seen: Seen,
    ) -> Self {
        Self {
            account,
            chain,
            locks: vec![],
            key,
            keyring,
            seen,
            pending: vec![],
        }
    }

    pub(super) fn remember(&self, own: Own<'_>) -> Result<(), RingError> {
        let floor = Floor {
            seen: self.seen,
            head: self.fingerprint(),
        };
        Ok(floor.save(own)?)
    }

    /// Whose.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// The own key records.
    #[must_use]
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The name of the own key.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.chain.current().record().fingerprint()
    }

    /// The number of the newest body.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.seen.generation
    }

    pub(crate) const fn key(&self) -> &KeyringKey {
        &self.key
    }

    pub(crate) const fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The pin of an account, else that of the address: a known address under another account is another key.
    pub(crate) fn pin(&self, account: &AccountId, address: &str) -> Option<&Pin> {
        let by_address = || {
            let mut pins = self.keyring.pins().iter();
            pins.find(|pin| crate::address::same(&pin.address, address))
        };
        self.keyring.pin(account).or_else(by_address)
    }

    /// Pins a key; kept by [`Ring::save`].
    pub(crate) fn set_pin(&mut self, pin: Pin) {
        if self.keyring.pin(&pin.account) == Some(&pin) {
            return;
        }
        // One pin for an address: what takes the place of another was compared.
        let replaced = self.keyring.pins().iter().filter(|old| {
            old.account != pin.account && crate::address::same(&old.address, &pin.address)
        });
        for account in replaced.map(|old| old.account).collect::<Vec<_>>() {
            self.keyring.remove_pin(&account);
        }
        self.keyring.set_pin(pin.clone());
        self.pending.retain(|old| old.account != pin.account);
        self.pending.push(pin);
    }

    /// Seals the keyring under another master key. These locks take the place of all others in the same step, so whoever
    /// knows what opened it before finds neither a lock nor a body for it.
    pub(super) async fn renew(
        mut self,
        own: Own<'_>,
        key: KeyringKey,
        locks: &[Lock],
    ) -> Result<(), RingError> {
        for _ in 0..ROUNDS {
            let generation = self.seen.generation + 1;
            let nonce = own.world.draw();
            let body = Body::seal(&self.keyring, &key, self.account, generation, nonce)
                .map_err(RingError::Body)?;
            let request = NewBody {
                generation,
                body: B64(body.to_bytes()),
                locks: Some(locks.iter().map(|lock| B64(lock.to_bytes())).collect()),
            };
            match own.server.put_body(&request).await {
                Ok(()) => {
                    self.seen = Seen::check(Some(&self.seen), &body).map_err(RingError::Body)?;
                    return self.remember(own);
                }
                Err(CallError::Refused(problem)) if problem.code == "stale" => {
                    self.reload(own).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(RingError::Busy)
    }

    /// Keeps the pins that were set, in the next generation. What another device kept meanwhile stays.
    ///
    /// # Errors
    /// [`RingError`].
    pub async fn save(&mut self, own: Own<'_>) -> Result<(), RingError> {
        for _ in 0..ROUNDS {
            if self.pending.is_empty() {
                return Ok(());
            }
            let generation = self.seen.generation + 1;
            let body = self.seal_body(own, generation)?;
            let request = NewBody {
                generation,
                body: B64(body.to_bytes()),
                locks: None,
            };
            match own.server.put_body(&request).await {
                Ok(()) => {
                    self.seen = Seen::check(Some(&self.seen), &body).map_err(RingError::Body)?;
                    self.pending.clear();
                    return self.remember(own);
                }
                Err(CallError::Refused(problem)) if problem.code == "stale" => {
                    self.reload(own).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(RingError::Busy)
    }

    pub(super) fn seal_body(&self, own: Own<'_>, generation: u64) -> Result<Body, RingError> {
        let nonce = own.world.draw();
        Body::seal(&self.keyring, &self.key, self.account, generation, nonce)
            .map_err(RingError::Body)
    }

    /// Takes in what another device kept, and the own pins on top of it.
    async fn reload(&mut self, own: Own<'_>) -> Result<(), RingError> {
        let pending = std::mem::take(&mut self.pending);
        *self = Closed::load(own).await?.open(own, self.key.clone())?;
        for pin in pending {
            self.set_pin(pin);
        }
        Ok(())
    }
}

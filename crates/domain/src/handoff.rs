//! A handoff's slot: what one device puts in and one other takes, within half an hour.
//!
//! | state | becomes | by |
//! |-|-|-|
//! | empty | filling, waiting | the device that scanned the reverse code puts something in |
//! | waiting | leased | a device shows auth and draws its token: a person's tap |
//! | leased | committed | that device has opened it |
//! | leased | lapsed | two minutes in which it read nothing |
//! | any of these | expired, cancelled | time; whoever made or filled it |
//!
//! What is over stays over: a lapsed slot is gone, its source offers a new one. Times are those of a clock that
//! never goes back.

use crate::time::{Span, Time};
use crate::token::SecretHash;

/// The longest a slot waits.
pub const LIFE: Span = Span::minutes(30);
/// Without a byte read for this long a lease lapses.
pub const LEASE: Span = Span::minutes(2);

/// Who may offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Offerers {
    /// Everybody who reaches the server.
    #[default]
    Anyone,
    /// Who is logged in.
    Accounts,
}

impl Offerers {
    /// As it stands in the configuration and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::Accounts => "accounts",
        }
    }
}

/// Why a slot does not do what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The proof is another one's.
    #[error("the code does not fit this handoff; scan it again")]
    WrongKey,
    /// Its time is up.
    #[error("time is up and all is deleted; start again on the other device")]
    Expired,
    /// Some device has it.
    #[error(
        "this was taken already; if that was not you, change the passwords of the accounts in it"
    )]
    Taken,
    /// Another device is fetching it.
    #[error("another device is fetching this now; it works for one device only")]
    Busy {
        /// When that device's lease lapses at the soonest.
        wait: Span,
    },
    /// A device began and went silent.
    #[error("a device began to fetch this and did not finish; start again on the other device")]
    Lapsed,
    /// Its source took it back.
    #[error("the other device took this back; start again there if you expect it")]
    Cancelled,
    /// Nothing was put in yet.
    #[error("nothing has been put in yet; scan the code of this device with the other one first")]
    Empty,
    /// Something was put in before.
    #[error("something was put in already; make a new code on the other device")]
    Filled,
    /// The secret is none of this slot's.
    #[error("this handoff belongs to another device")]
    NotYours,
}

impl Refusal {
    /// Stable and meant for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::WrongKey => "handoff_wrong_key",
            Self::Expired => "handoff_expired",
            Self::Taken => "handoff_taken",
            Self::Busy { .. } => "handoff_busy",
            Self::Lapsed => "handoff_lapsed",
            Self::Cancelled => "handoff_cancelled",
            Self::Empty => "handoff_empty",
            Self::Filled => "handoff_filled",
            Self::NotYours => "handoff_not_yours",
        }
    }
}

/// Where a slot stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Asked for; nothing in it.
    Empty,
    /// Bytes are coming in.
    Filling,
    /// For one device.
    Waiting,
    /// One device fetches it.
    Leased {
        /// SHA-256 of that device's token.
        device: SecretHash,
        /// When it lapses if nothing is read.
        until: Time,
        /// Answers being sent to it now: while there are some, it is not silent.
        readers: u16,
    },
    /// One device has it.
    Committed {
        /// Which.
        device: SecretHash,
    },
    /// One device began and went silent.
    Lapsed {
        /// Which.
        device: SecretHash,
    },
    /// Time.
    Expired,
    /// Taken back.
    Cancelled,
}

impl State {
    /// As it stands in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Filling => "filling",
            Self::Waiting => "waiting",
            Self::Leased { .. } => "leased",
            Self::Committed { .. } => "committed",
            Self::Lapsed { .. } => "lapsed",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing can happen any more.
    pub const fn is_over(self) -> bool {
        self.ended().is_some()
    }

    /// What whoever comes too late is told.
    const fn ended(self) -> Option<Refusal> {
        match self {
            Self::Committed { .. } => Some(Refusal::Taken),
            Self::Lapsed { .. } => Some(Refusal::Lapsed),
            Self::Expired => Some(Refusal::Expired),
            Self::Cancelled => Some(Refusal::Cancelled),
            _ => None,
        }
    }

    /// The device that takes or took.
    pub const fn device(self) -> Option<SecretHash> {
        match self {
            Self::Leased { device, .. } | Self::Committed { device } | Self::Lapsed { device } => {
                Some(device)
            }
            _ => None,
        }
    }

    fn take(self, device: SecretHash, now: Time) -> Result<Self, Refusal> {
        let leased = |readers| Self::Leased {
            device,
            until: now + LEASE,
            readers,
        };
        match self {
            Self::Waiting => Ok(leased(0)),
            Self::Leased {
                device: holder,
                readers,
                ..
            } if holder == device => Ok(leased(readers)),
            Self::Leased { until, .. } => Err(Refusal::Busy { wait: until - now }),
            Self::Empty | Self::Filling => Err(Refusal::Empty),
            over => Err(over.ended().unwrap_or(Refusal::Empty)),
        }
    }
}

/// One slot, without its bytes.
#[derive(Debug, Clone, Copy)]
pub struct Slot {
    auth: SecretHash,
    fill: Option<SecretHash>,
    makers: [Option<SecretHash>; 2],
    expires: Time,
    size: u64,
    state: State,
    revision: u32,
}

impl Slot {
    /// Something for whoever shows auth.
    pub const fn offered(auth: SecretHash, source: SecretHash, size: u64, expires: Time) -> Self {
        Self {
            auth,
            fill: None,
            makers: [Some(source), None],
            expires,
            size,
            state: State::Waiting,
            revision: 1,
        }
    }

    /// An empty one, for whoever shows `fill` to put something in.
    pub const fn asked(
        auth: SecretHash,
        fill: SecretHash,
        source: SecretHash,
        expires: Time,
    ) -> Self {
        Self {
            auth,
            fill: Some(fill),
            makers: [Some(source), None],
            expires,
            size: 0,
            state: State::Empty,
            revision: 1,
        }
    }

    /// Where it stands.
    pub const fn state(&self) -> State {
        self.state
    }

    /// Counts up with every change that its source shall see.
    pub const fn revision(&self) -> u32 {
        self.revision
    }

    /// When it ends, whatever happens.
    pub const fn expires(&self) -> Time {
        self.expires
    }

    /// Sealed bytes in it.
    pub const fn size(&self) -> u64 {
        self.size
    }

    fn become_(&mut self, state: State) {
        if self.state.name() != state.name() {
            self.revision = self.revision.wrapping_add(1);
        }
        if state.is_over() {
            self.size = 0;
        }
        self.state = state;
    }

    /// Lets time pass: expires and lapses what is due.
    pub fn settle(&mut self, now: Time) {
        match self.state {
            state if state.is_over() => {}
            _ if self.expires <= now => self.become_(State::Expired),
            State::Leased {
                device,
                until,
                readers: 0,
            } if until <= now => self.become_(State::Lapsed { device }),
            _ => {}
        }
    }

    fn prove(&self, auth: SecretHash) -> Result<(), Refusal> {
        if self.auth == auth {
            Ok(())
        } else {
            Err(Refusal::WrongKey)
        }
    }

    /// Whether a device with auth would get it now. Changes nothing.
    ///
    /// # Errors
    /// Each of [`Refusal`] but the last two.
    pub fn look(&self, auth: SecretHash, now: Time) -> Result<(), Refusal> {
        self.prove(auth)?;
        // A token that nobody has drawn.
        self.state
            .take(SecretHash::from_bytes([0; 32]), now)
            .map(drop)
    }

    /// One device takes it, or goes on: the same token is the same taking.
    ///
    /// # Errors
    /// Each of [`Refusal`] but the last two.
    pub fn take(&mut self, auth: SecretHash, device: SecretHash, now: Time) -> Result<(), Refusal> {
        self.prove(auth)?;
        let state = self.state.take(device, now)?;
        self.become_(state);
        Ok(())
    }

    /// The device that holds it goes on after a break.
    ///
    /// # Errors
    /// [`Refusal::NotYours`] for every other, and what has ended.
    pub fn resume(&mut self, device: SecretHash, now: Time) -> Result<(), Refusal> {
        match self.state {
            state if state.device() != Some(device) => Err(Refusal::NotYours),
            State::Leased { .. } => {
                let state = self.state.take(device, now)?;
                self.become_(state);
                Ok(())
            }
            over => Err(over.ended().unwrap_or(Refusal::NotYours)),
        }
    }

    /// An answer to the holder begins.
    pub const fn begin_reading(&mut self) {
        if let State::Leased { readers, .. } = &mut self.state {
            *readers = readers.saturating_add(1);
        }
    }

    /// It has ended; from now on silence counts.
    pub fn end_reading(&mut self, now: Time) {
        if let State::Leased { readers, until, .. } = &mut self.state {
            *readers = readers.saturating_sub(1);
            *until = now + LEASE;
        }
    }

    /// The holder has opened it: it is gone from here. The same again is no error.
    ///
    /// # Errors
    /// [`Refusal::NotYours`] for every other device, and what has ended otherwise.
    pub fn commit(&mut self, device: SecretHash) -> Result<(), Refusal> {
        match self.state {
            state if state.device() != Some(device) => Err(Refusal::NotYours),
            State::Leased { .. } => {
                self.become_(State::Committed { device });
                Ok(())
            }
            State::Committed { .. } => Ok(()),
            over => Err(over.ended().unwrap_or(Refusal::NotYours)),
        }
    }

    /// A device with `fill` begins to put something in.
    ///
    /// # Errors
    /// [`Refusal::WrongKey`], [`Refusal::Filled`], and what has ended.
    pub fn begin_filling(&mut self, fill: SecretHash) -> Result<(), Refusal> {
        if self.fill != Some(fill) {
            return Err(Refusal::WrongKey);
        }
        match self.state {
            State::Empty => {
                self.become_(State::Filling);
                Ok(())
            }
            State::Filling | State::Waiting | State::Leased { .. } => Err(Refusal::Filled),
            over => Err(over.ended().unwrap_or(Refusal::Filled)),
        }
    }

    /// It is in: `source` may watch and take it back from now on.
    ///
    /// # Errors
    /// What has ended meanwhile.
    pub fn filled(&mut self, size: u64, source: SecretHash) -> Result<(), Refusal> {
        if let Some(over) = self.state.ended() {
            return Err(over);
        }
        self.size = size;
        self.makers[1] = Some(source);
        self.become_(State::Waiting);
        Ok(())
    }

    /// The bytes did not all come: another may try.
    pub fn fill_failed(&mut self) {
        if self.state == State::Filling {
            self.become_(State::Empty);
        }
    }

    /// Whether this secret made or filled it.
    ///
    /// # Errors
    /// [`Refusal::NotYours`].
    pub fn watch(&self, source: SecretHash) -> Result<(), Refusal> {
        if self.makers.contains(&Some(source)) {
            Ok(())
        } else {
            Err(Refusal::NotYours)
        }
    }

    /// Takes it back. What is over already stays as it ended.
    ///
    /// # Errors
    /// [`Refusal::NotYours`]; [`Refusal::Taken`] when a device has it.
    pub fn cancel(&mut self, source: SecretHash) -> Result<(), Refusal> {
        self.watch(source)?;
        match self.state {
            State::Committed { .. } => Err(Refusal::Taken),
            state if state.is_over() => Ok(()),
            _ => {
                self.become_(State::Cancelled);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn secret(n: u8) -> SecretHash {
        SecretHash::from_bytes([n; 32])
    }

    const AUTH: SecretHash = secret(1);
    const SOURCE: SecretHash = secret(2);
    const FILL: SecretHash = secret(3);
    const PHONE: SecretHash = secret(4);
    const OTHER: SecretHash = secret(5);

    fn at(seconds: i64) -> Time {
        Time::from_ms(0) + Span::seconds(seconds)
    }

    fn offered() -> Slot {
        Slot::offered(AUTH, SOURCE, 4096, at(1800))
    }

    #[test]
    fn one_device_takes_and_commits() {
        let mut slot = offered();
        assert_eq!(slot.look(AUTH, at(0)), Ok(()));
        assert_eq!(slot.look(OTHER, at(0)), Err(Refusal::WrongKey));
        assert_eq!(slot.take(OTHER, PHONE, at(0)), Err(Refusal::WrongKey));
        assert_eq!(slot.take(AUTH, PHONE, at(0)), Ok(()));
        assert_eq!(slot.take(AUTH, PHONE, at(1)), Ok(()), "the same again");
        let busy = Refusal::Busy { wait: LEASE };
        assert_eq!(slot.take(AUTH, OTHER, at(1)), Err(busy));
        assert_eq!(slot.commit(OTHER), Err(Refusal::NotYours));
        assert_eq!(slot.commit(PHONE), Ok(()));
        assert_eq!(slot.commit(PHONE), Ok(()), "the same again");
        assert_eq!(slot.take(AUTH, PHONE, at(2)), Err(Refusal::Taken));
        assert_eq!(slot.take(AUTH, OTHER, at(2)), Err(Refusal::Taken));
        assert_eq!(slot.cancel(SOURCE), Err(Refusal::Taken));
        assert_eq!((slot.state().name(), slot.revision()), ("committed", 3));
    }

    #[test]
    fn silence_lapses_a_lease_and_reading_keeps_it() {
        let mut slot = offered();
        slot.take(AUTH, PHONE, at(0)).expect("it waits");
        slot.begin_reading();
        slot.settle(at(600));
        assert_eq!(slot.state().name(), "leased", "bytes move");
        slot.end_reading(at(600));
        slot.settle(at(719));
        assert_eq!(slot.resume(PHONE, at(719)), Ok(()));
        slot.settle(at(838));
        assert_eq!(slot.state().name(), "leased", "it went on");
        slot.settle(at(839));
        assert_eq!(slot.state().name(), "lapsed");
        assert_eq!(slot.resume(PHONE, at(840)), Err(Refusal::Lapsed));
        assert_eq!(slot.take(AUTH, OTHER, at(840)), Err(Refusal::Lapsed));
        assert_eq!(slot.commit(PHONE), Err(Refusal::Lapsed));
        assert_eq!(slot.cancel(SOURCE), Ok(()));
        assert_eq!(slot.state().name(), "lapsed", "as it ended");
    }

    #[test]
    fn half_an_hour_ends_everything() {
        let mut slot = offered();
        slot.take(AUTH, PHONE, at(1799)).expect("it waits");
        slot.begin_reading();
        slot.settle(at(1800));
        assert_eq!(slot.state().name(), "expired");
        assert_eq!(slot.take(AUTH, PHONE, at(1800)), Err(Refusal::Expired));
        assert_eq!(slot.size(), 0);
    }

    #[test]
    fn an_empty_slot_is_filled_once() {
        let mut slot = Slot::asked(AUTH, FILL, SOURCE, at(1800));
        assert_eq!(slot.take(AUTH, PHONE, at(0)), Err(Refusal::Empty));
        assert_eq!(slot.begin_filling(OTHER), Err(Refusal::WrongKey));
        assert_eq!(slot.begin_filling(FILL), Ok(()));
        assert_eq!(slot.begin_filling(FILL), Err(Refusal::Filled));
        slot.fill_failed();
        assert_eq!(slot.begin_filling(FILL), Ok(()));
        assert_eq!(slot.filled(4096, OTHER), Ok(()));
        assert_eq!(slot.watch(OTHER), Ok(()));
        assert_eq!(slot.take(AUTH, PHONE, at(0)), Ok(()));
        assert_eq!(offered().begin_filling(FILL), Err(Refusal::WrongKey));
    }

    proptest! {
        /// Whatever devices do in whatever order: at most one has it, and what is over stays so.
        #[test]
        fn never_two(steps in proptest::collection::vec((0_u8..7, 0_u8..3, 0_i64..400), 1..60)) {
            let mut slot = offered();
            let (mut now, mut committed) = (0, None);
            for (what, who, wait) in steps {
                now += wait;
                let device = secret(10 + who);
                slot.settle(at(now));
                let before = slot.state();
                match what {
                    0 | 1 => drop(slot.take(AUTH, device, at(now))),
                    2 => drop(slot.resume(device, at(now))),
                    3 => if slot.commit(device).is_ok() {
                        prop_assert!(committed.is_none_or(|first| first == device));
                        committed = Some(device);
                    },
                    4 => slot.begin_reading(),
                    5 => slot.end_reading(at(now)),
                    _ => drop(slot.cancel(if who == 0 { SOURCE } else { device })),
                }
                prop_assert!(!before.is_over() || slot.state() == before);
            }
        }
    }
}

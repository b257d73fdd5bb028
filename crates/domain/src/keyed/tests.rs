//! Random histories against the laws: what is released, to which key, and what a reset takes away.
//!
//! `DEPESCHE_STEPS` sets how many steps are taken in all (`make deep`: 1,000,000).

use super::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const STEPS_OF_ONE: usize = 50;

#[derive(Debug, Clone, Copy)]
enum Step {
    Register,
    SetUp,
    Rotate,
    Reset,
    SetCode { instant: bool },
    Tag(u8),
    WrongTag(u8),
    Prove { right: bool },
    Claim { current: bool },
    Release { current: bool, verified: bool },
    Open,
    Lease,
    Commit,
    Lapse,
    Drop,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Register),
        Just(Step::SetUp),
        Just(Step::SetUp),
        Just(Step::Rotate),
        Just(Step::Reset),
        any::<bool>().prop_map(|instant| Step::SetCode { instant }),
        (0u8..3).prop_map(Step::Tag),
        (0u8..3).prop_map(Step::WrongTag),
        any::<bool>().prop_map(|right| Step::Prove { right }),
        any::<bool>().prop_map(|current| Step::Claim { current }),
        any::<(bool, bool)>().prop_map(|(current, verified)| Step::Release { current, verified }),
        any::<(bool, bool)>().prop_map(|(current, verified)| Step::Release { current, verified }),
        Just(Step::Open),
        Just(Step::Lease),
        Just(Step::Commit),
        Just(Step::Lapse),
        prop_oneof![9 => Just(Step::Open), 1 => Just(Step::Drop)],
    ]
}

/// The world beside the state, kept as simply as can be.
struct World {
    level: Level,
    person: Person,
    /// The keys that the keyring of now holds; a reset empties it.
    ring: Vec<Fingerprint>,
    next_key: u8,
    /// To which keys the sender has released, or the opener has claimed with a proven code.
    allowed: Vec<Fingerprint>,
    handed: bool,
    code_tries: Option<(bool, u32)>,
    limit: u32,
    leased: u32,
    committed: u32,
    ended: bool,
}

const OWNER: AccountId = AccountId::from_bytes([1; 16]);

impl World {
    fn new(level: Level, limit: u32) -> Self {
        Self {
            level,
            person: Person::Unknown,
            ring: Vec::new(),
            next_key: 1,
            allowed: Vec::new(),
            handed: false,
            code_tries: None,
            limit,
            leased: 0,
            committed: 0,
            ended: false,
        }
    }

    fn new_key(&mut self) {
        let key = Fingerprint::from_bytes([self.next_key; 32]);
        self.next_key = self.next_key.wrapping_add(1);
        self.ring.push(key);
        self.person = Person::Keyed(OWNER, key);
    }

    /// A stanza for the key of now, or for one that is not.
    fn stanza(&self, current: bool) -> Stanza {
        let fingerprint = match self.person {
            Person::Keyed(_, key) if current => key,
            _ => Fingerprint::from_bytes([0xee; 32]),
        };
        Stanza {
            account: OWNER,
            fingerprint,
            bytes: Vec::new(),
        }
    }

    fn people(&mut self, step: Step, keyed: Keyed) -> Keyed {
        match (step, self.person) {
            (Step::Register, Person::Unknown) => self.person = Person::Known(OWNER),
            (Step::SetUp, Person::Known(_)) | (Step::Rotate, Person::Keyed(..)) => self.new_key(),
            (Step::Reset, Person::Keyed(..)) => {
                self.person = Person::Known(OWNER);
                self.ring.clear();
                self.allowed.clear();
                return keyed.lose(Time::from_ms(7));
            }
            (Step::Drop, _) => {
                self.ended = true;
                return Keyed::Ended;
            }
            _ => {}
        }
        keyed
    }

    fn code(&mut self, step: Step, keyed: Keyed) -> Keyed {
        let before = keyed.clone();
        let Ok(waits) = keyed.waits() else {
            return before;
        };
        let moved = match step {
            Step::SetCode { instant } => {
                self.code_tries = Some((instant, 0));
                self.handed = false;
                let mode = if instant {
                    Mode::Instant {
                        record: vec![1],
                        auth: SecretHash::from_bytes([5; 32]),
                        handed: false,
                    }
                } else {
                    Mode::Confirm { tag: None }
                };
                let (number, wrong) = (0, 0);
                Ok(waits.set_code(ClaimCode {
                    number,
                    wrong,
                    mode,
                }))
            }
            Step::Tag(n) => waits.register(&self.person, [n; 32]),
            Step::WrongTag(n) => waits.reject(&[n; 32]).inspect(|_| {
                if let Some((_, wrong)) = &mut self.code_tries {
                    *wrong += 1;
                }
            }),
            Step::Prove { right } => {
                let proof = SecretHash::from_bytes([if right { 5 } else { 6 }; 32]);
                waits.prove(&proof).map(|(waits, record)| {
                    let (instant, wrong) = self.code_tries.as_mut().expect("a code was set");
                    assert!(
                        *instant && *wrong < INSTANT_TRIES,
                        "never after ten wrong ones"
                    );
                    assert_eq!(record.is_some(), right);
                    *wrong += u32::from(!right);
                    self.handed |= right;
                    waits
                })
            }
            Step::Claim { current } => {
                let stanza = self.stanza(current);
                let key = stanza.fingerprint;
                return match waits.claim(&self.person, stanza, [0; 32], Time::from_ms(8)) {
                    Ok(claimed) => {
                        assert!(self.handed, "no claim before the code was proven");
                        assert!(current, "a claim is for the key of now");
                        self.allowed.push(key);
                        Keyed::Claimed(claimed)
                    }
                    Err(_) => before,
                };
            }
            _ => Ok(waits),
        };
        moved.map_or(before, Keyed::Waits)
    }

    fn release(&mut self, current: bool, verified: bool, keyed: Keyed) -> Keyed {
        let how = if verified {
            Verified::Words
        } else {
            Verified::No
        };
        let stanza = self.stanza(current);
        let key = stanza.fingerprint;
        let release = Release {
            stanza,
            verified: how,
            tag_a: None,
        };
        match keyed
            .clone()
            .release(&self.person, release, Time::from_ms(9))
        {
            Ok(released) => {
                assert!(!self.ended, "nothing is released after the end");
                assert!(current, "only the key that the person has");
                assert!(verified || self.level < Level::KeyedAll);
                self.allowed.push(key);
                Keyed::Released(released)
            }
            Err(_) => keyed,
        }
    }

    /// The law of limits, as the store keeps it in one statement.
    fn visit(&mut self, step: Step, keyed: &Keyed) {
        let room = self.leased + self.committed < self.limit;
        match step {
            Step::Lease if keyed.opens(&self.person).is_ok() && room => self.leased += 1,
            Step::Commit if self.leased > 0 => {
                self.leased -= 1;
                self.committed += 1;
            }
            Step::Lapse if self.leased > 0 => self.leased -= 1,
            _ => {}
        }
    }

    fn laws(&self, keyed: &Keyed) {
        if let Ok(stanza) = keyed.opens(&self.person) {
            assert!(!self.ended, "after the end nothing opens");
            assert!(
                self.allowed.contains(&stanza.fingerprint),
                "never a stanza for a key that was not released"
            );
            assert!(
                self.ring.contains(&stanza.fingerprint),
                "after a reset the old stanzas open nothing"
            );
        }
        assert!(
            self.committed <= self.limit,
            "never more downloads than allowed"
        );
        if let (Keyed::Waits(waits), Some((instant, wrong))) = (keyed, self.code_tries)
            && let Some(code) = &waits.code
        {
            let most = if instant { INSTANT_TRIES } else { TAG_TRIES };
            assert_eq!(code.tries_left(), most.saturating_sub(wrong));
        }
    }
}

fn history(level: Level, limit: u32, steps: &[Step]) {
    let mut world = World::new(level, limit);
    let mut keyed = Keyed::Waits(Waits::new(level, None));
    for step in steps {
        keyed = world.people(*step, keyed);
        keyed = world.code(*step, keyed);
        if let Step::Release { current, verified } = *step {
            keyed = world.release(current, verified, keyed);
        }
        world.visit(*step, &keyed);
        world.laws(&keyed);
    }
}

#[test]
fn every_history_keeps_the_laws() {
    let steps = option_env!("DEPESCHE_STEPS");
    let steps: usize = steps.map_or(10_000, |text| text.parse().expect("a number of steps"));
    let cases = u32::try_from(steps / STEPS_OF_ONE).expect("not so many");
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    });
    let level = prop_oneof![Just(Level::KeyedFiles), Just(Level::KeyedAll)];
    let all = (level, 0u32..3, prop::collection::vec(step(), STEPS_OF_ONE));
    let ran = runner.run(&all, |(level, limit, steps)| {
        history(level, limit, &steps);
        Ok(())
    });
    if let Err(error) = ran {
        panic!("{error}");
    }
}

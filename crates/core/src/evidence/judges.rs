//! What judges are yet to say of an artifact, and how what they say is put into the evidence and
//! taken out of it.

use super::phases::Course;
use super::{Decided, Evidence, Opinion, Phases, Said};
use crate::infra_error::InfraError;
use crate::judge::Ballot;
use crate::phase::Phase;

impl Evidence {
    /// Whether judges are asked beside whoever decides, and were not yet.
    pub fn is_open_beside(&self) -> bool {
        self.beside.iter().any(Opinion::is_open)
    }

    /// Whether judges are yet to say anything.
    pub fn is_open(&self) -> bool {
        self.open_phase().is_some() || self.is_open_beside()
    }

    /// The same with what a panel that is asked beside says.
    #[must_use]
    pub fn with_ballot_beside(mut self, ballot: &Ballot) -> Evidence {
        for opinion in self.beside.iter_mut().filter(|it| it.is_open()) {
            opinion.said = Said::Decided(Decided::Panel(ballot.clone()));
        }
        self
    }

    /// The same with what the same panels said beside of the same artifact before.
    #[must_use]
    pub fn with_ballots_beside(mut self, earlier: &Evidence) -> Evidence {
        for opinion in self.beside.iter_mut().filter(|it| it.is_open()) {
            let same = earlier.beside.iter().find(|it| it.evaluator == opinion.evaluator);
            if let Some(ballot) = same.and_then(Opinion::ballot) {
                opinion.said = Said::Decided(Decided::Panel(ballot.clone()));
            }
        }
        self
    }

    /// The same with why a panel that is asked beside says nothing.
    #[must_use]
    pub fn with_fault_beside(mut self, error: &InfraError) -> Evidence {
        for opinion in self.beside.iter_mut().filter(|it| it.is_open()) {
            opinion.said = Said::Errored(error.clone());
        }
        self
    }

    /// The phase that a panel is to decide, if one is.
    pub fn open_phase(&self) -> Option<Phase> {
        let last = self.phases().next_back()?;
        (last.decided == Decided::Open).then_some(last.phase)
    }

    /// The phases that a panel may still be asked about, in the order in which it is.
    pub fn open_phases(&self) -> impl Iterator<Item = Phase> {
        std::iter::successors(self.open_phase(), |phase| phase.next())
    }

    /// Goes on from the phase that is open with what a panel says of one phase after the
    /// other, for as long as it does.
    #[must_use]
    pub fn with_ballots(self, ballot: impl Fn(Phase) -> Option<Ballot>) -> Evidence {
        let mut evidence = self;
        while let Some(ballot) = evidence.open_phase().and_then(&ballot) {
            evidence = evidence.with_ballot(ballot);
        }
        evidence
    }

    /// The same with what a panel says of the phase that is open; the phase after it is
    /// the panel's too.
    #[must_use]
    pub fn with_ballot(self, ballot: Ballot) -> Evidence {
        let Evidence { build, phases, beside } = self;
        let decide = |phases: Phases| match phases.into_open().map(|open| open.decide(ballot)) {
            Ok(Course::On(next)) => next.leave_open(),
            Ok(Course::Over(phases)) | Err(phases) => phases,
        };
        Evidence { build, phases: phases.map(decide), beside }
    }

    /// The same without what judges said: what they were to decide is open again.
    #[must_use]
    pub fn without_ballots(self) -> Evidence {
        let beside = self.beside.into_iter().map(Opinion::without_ballot).collect();
        Evidence { phases: self.phases.map(Phases::without_ballots), beside, ..self }
    }
}

//! Competitions: who enters, and what an organiser does to them.

use engine::portrait::ContestPortrait;
use types::{
    AccountId, Command, CompetitionChange, CompetitionId, CompetitionState, DisqualificationReason,
    InputKind, TeamId,
};

use super::Scene;

impl Scene<'_> {
    /// Any competition, mostly one in which something can still change, seldom one that there is not.
    fn competition(&mut self) -> CompetitionId {
        let count = self.portrait.contests.len() as u64;
        if count == 0 || self.draw.percent(2) {
            return CompetitionId(count as u32);
        }
        let any = self.draw.below(count) as u32;
        let contests = (0..).zip(&self.portrait.contests);
        let open: Vec<u32> = contests
            .filter(|(_, contest)| contest.state != CompetitionState::Final)
            .map(|(id, _)| id)
            .collect();
        let open = self.draw.choose(&open).copied();
        let open = open.filter(|_| self.draw.percent(80));
        CompetitionId(open.unwrap_or(any))
    }

    /// Any account, mostly one that may enter.
    fn newcomer(&mut self) -> AccountId {
        let any = self.account();
        let may_enter = |id: AccountId| {
            let plan = self.shard.account_row(id).map(|row| row.plan);
            let plan = plan.and_then(|plan| self.shard.plan(plan));
            plan.is_some_and(|plan| plan.payout.is_none() && plan.scaling.is_none())
        };
        let accounts = (0..).map(AccountId).zip(&self.portrait.accounts);
        let fitting: Vec<AccountId> = accounts
            .filter(|(id, account)| account.score.is_none() && may_enter(*id))
            .map(|(id, _)| id)
            .collect();
        let fitting = self.draw.choose(&fitting).copied();
        fitting.filter(|_| self.draw.percent(80)).unwrap_or(any)
    }

    fn contest(&self, id: CompetitionId) -> Option<&ContestPortrait> {
        self.portrait.contests.get(id.0 as usize)
    }

    pub(super) fn enter(&mut self) -> InputKind {
        let competition = self.competition();
        let account = self.newcomer();
        let has_teams = self
            .shard
            .board(competition, false)
            .is_some_and(|board| board.competition.contest.teams.is_some());
        let has_team = if self.draw.percent(12) {
            !has_teams
        } else {
            has_teams
        };
        let team = has_team.then(|| TeamId(self.draw.below(3) as u32));
        InputKind::Command(Command::EnterCompetition {
            competition,
            account,
            team,
        })
    }

    /// An entrant, mostly: one that is on the board, or one that was taken off it.
    fn entrant(&mut self, id: CompetitionId, is_off: bool) -> AccountId {
        let any = self.account();
        let entrants = self.contest(id).map_or(&[][..], |it| &it.entrants[..]);
        let fitting: Vec<AccountId> = entrants
            .iter()
            .filter(|entrant| entrant.disqualified.is_some() == is_off)
            .map(|entrant| entrant.account)
            .collect();
        let all: Vec<AccountId> = entrants.iter().map(|entrant| entrant.account).collect();
        let fitting = self.draw.choose(&fitting).copied();
        let entrant = self.draw.choose(&all).copied();
        match self.draw.below(10) {
            0 => any,
            1 | 2 => entrant.unwrap_or(any),
            _ => fitting.or(entrant).unwrap_or(any),
        }
    }

    pub(super) fn organise(&mut self) -> InputKind {
        use CompetitionState::{InReview, Live};
        let competition = self.competition();
        let state = self.contest(competition).map(|contest| contest.state);
        let change = match (self.draw.below(12), state) {
            (0..4, _) => CompetitionChange::Disqualify {
                account: self.entrant(competition, false),
                reason: self.reason(),
            },
            (4..7, _) => CompetitionChange::Reinstate {
                account: self.entrant(competition, true),
            },
            (7..9, Some(Live)) if self.draw.percent(20) => CompetitionChange::End,
            (7..=9, Some(InReview)) | (11, _) => CompetitionChange::Finalise,
            (7, _) => CompetitionChange::End,
            _ => CompetitionChange::Disqualify {
                account: self.entrant(competition, true),
                reason: self.reason(),
            },
        };
        InputKind::Command(Command::ChangeCompetition {
            competition,
            change,
        })
    }

    fn reason(&mut self) -> DisqualificationReason {
        use DisqualificationReason as Reason;
        self.draw.pick(&[
            Reason::OppositePositions,
            Reason::CopiedTrades,
            Reason::SelfMatches,
            Reason::StaleQuotes,
            Reason::MultipleEntries,
            Reason::Identity,
            Reason::Terms,
            Reason::Withdrawn,
        ])
    }
}

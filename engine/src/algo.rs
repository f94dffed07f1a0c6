//! An order that the engine slices, and how much of it should have been sent by when.

use types::{
    AlgoKind, Leg, Lots, NewAlgo, OrderId, OrderRole, Ratio, SelfTrade, Side, Ticks, TimestampNs,
    codec_struct,
};

use crate::derived::Derived;

/// A working algo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Algo {
    pub(crate) id: OrderId,
    pub(crate) request: NewAlgo,
    /// The whole of it.
    pub(crate) lots: Lots,
    pub(crate) limit: Option<Ticks>,
    /// Executed by its children.
    pub(crate) filled: Lots,
    /// Printed since it started; of participation only.
    pub(crate) volume: Lots,
    /// Its working child; 0 for none.
    pub(crate) child: OrderId,
    /// The slice that is next, from 0; of participation, children sent.
    pub(crate) next_slice: u32,
    /// Places in the agenda of its next slice and of its end.
    pub(crate) slice_timed: Derived,
    pub(crate) end_timed: Derived,
}

codec_struct!(Algo {
    id,
    request,
    lots,
    limit,
    filled,
    volume,
    child,
    next_slice,
    slice_timed,
    end_timed,
});

/// A volume curve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Curve {
    /// Sums of the weights up to and with each interval; the last is above zero.
    pub(crate) sums: Vec<u64>,
}

codec_struct!(Curve { sums });

impl Algo {
    /// When a slice of `slices` is due.
    pub(crate) fn slice_at(&self, slice: u32, slices: u32) -> TimestampNs {
        let (start, end) = (self.request.start.0, self.request.end.0);
        let span = u128::from(end.saturating_sub(start));
        let offset = span * u128::from(slice) / u128::from(slices.max(1));
        TimestampNs(start.saturating_add(offset as u64))
    }

    /// What should have been sent with slice `slice` of `slices` equal ones.
    pub(crate) fn equal_target(&self, slice: u32, slices: u32) -> Lots {
        let sent = i128::from(self.lots.0) * (i128::from(slice) + 1) / i128::from(slices.max(1));
        Lots(sent as i64).min(self.lots)
    }

    /// What should have been sent with slice `slice` of a curve.
    pub(crate) fn curve_target(&self, slice: u32, curve: &Curve) -> Lots {
        let (Some(sum), Some(all)) = (curve.sums.get(slice as usize), curve.sums.last()) else {
            return self.lots;
        };
        let sent = i128::from(self.lots.0) * i128::from(*sum) / i128::from((*all).max(1));
        Lots(sent as i64).min(self.lots)
    }

    /// What should have been sent at the volume so far, of an algo that follows volume at this time.
    pub(crate) fn volume_target(&self, ts: TimestampNs) -> Option<Lots> {
        let AlgoKind::Pov { rate } = self.request.kind else {
            return None;
        };
        let sent = i128::from(self.volume.0) * i128::from(rate.0) / i128::from(Ratio::ONE.0);
        self.participates(ts)
            .then_some(Lots(sent.min(i128::from(self.lots.0)) as i64))
    }

    /// Whether it follows printed volume at this time.
    pub(crate) fn participates(&self, ts: TimestampNs) -> bool {
        matches!(self.request.kind, AlgoKind::Pov { .. })
            && self.request.start <= ts
            && ts < self.request.end
    }

    /// Side and leg of its children.
    pub(crate) const fn direction(&self) -> (Side, Leg) {
        (self.request.side, self.request.leg)
    }
}

/// How the children of an algo differ from other orders.
pub(crate) const CHILD: (OrderRole, SelfTrade) = (OrderRole::Slice, SelfTrade::CancelNewest);

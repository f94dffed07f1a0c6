//! Portfolios that are brought back to their weights from time to time.

use super::covariance::{covariance, minimum_variance, risk_parity};
use crate::indicator::{RealizedVolatility, Sma};
use crate::strategies::panel::{Allocate, Allocation, Cadence, EVERY, GROSS, Rows};
use crate::strategies::rule::Held;
use crate::strategies::{Data, Declared, Family, INSTRUMENTS_MAX, Needs, Page};
use crate::strategy::Parameter;

const SEVERAL: Needs = Needs::of(Data::Bars, 2, INSTRUMENTS_MAX);

const WINDOW: Parameter = Parameter::integer("window", 60, 3, 10_000, "bars that are looked at");

pub(in crate::strategies) const EQUAL_WEIGHT: Declared = Declared {
    name: "equal_weight",
    family: Family::Portfolio,
    about: "The same share of equity in every instrument, brought back to it from time to time.",
    page: Page {
        entry: "At the first time at which every instrument has a bar.",
        exit: "Never; every `every` bars weights are set anew.",
        sizing: "`gross` of equity by the number of instruments, each.",
        source: "Victor DeMiguel, Lorenzo Garlappi, Raman Uppal, Optimal Versus Naive Diversification, 2009: few do \
                 better than 1/N.",
        risk: "Sells what rises and buys what falls, all the way down.",
    },
    needs: SEVERAL,
    parameters: &[EVERY, GROSS],
    build: |values| {
        Ok(Box::new(Allocation::new(EqualWeight {
            cadence: Cadence::new(values.count("every")),
            gross: values.real("gross"),
        })))
    },
};

#[derive(Debug)]
struct EqualWeight {
    cadence: Cadence,
    gross: f64,
}

impl Allocate for EqualWeight {
    fn next(&mut self, closes: &[f64], _: &[Held]) -> Option<Vec<f64>> {
        let weight = self.gross / closes.len() as f64;
        self.cadence.is_due().then(|| vec![weight; closes.len()])
    }
}

pub(in crate::strategies) const INVERSE_VOLATILITY: Declared = Declared {
    name: "inverse_volatility",
    family: Family::Portfolio,
    about: "More of what moves less: weights by the inverse of volatility.",
    page: Page {
        entry: "At the first time at which the volatility of every instrument is known.",
        exit: "Never; every `every` bars weights are set anew.",
        sizing: "`gross` of equity in parts of 1 / volatility of the last `window` logarithmic returns. Nothing changes \
                 while an instrument does not move at all.",
        source: "The naive form of risk parity; Raul Leote de Carvalho, Xiao Lu, Pierre Moulin, Demystifying Equity \
                 Risk-Based Strategies, 2012.",
        risk: "Blind to correlation: five bonds are five times a bond. Quiet is not safe.",
    },
    needs: SEVERAL,
    parameters: &[WINDOW, EVERY, GROSS],
    build: |values| {
        let volatility = RealizedVolatility::new(values.count("window"), 1.0)?;
        Ok(Box::new(Allocation::new(InverseVolatility {
            volatility,
            each: Vec::new(),
            cadence: Cadence::new(values.count("every")),
            gross: values.real("gross"),
        })))
    },
};

#[derive(Debug)]
struct InverseVolatility {
    volatility: RealizedVolatility,
    each: Vec<RealizedVolatility>,
    cadence: Cadence,
    gross: f64,
}

impl Allocate for InverseVolatility {
    fn next(&mut self, closes: &[f64], _: &[Held]) -> Option<Vec<f64>> {
        self.each.resize(closes.len(), self.volatility.clone());
        let each = self.each.iter_mut().zip(closes);
        // All are fed, whether the ones before are ready or not.
        let volatilities: Vec<_> = each.map(|(it, close)| it.update(*close)).collect();
        let inverse: Vec<f64> = volatilities
            .into_iter()
            .map(|it| it.filter(|it| *it > 0.0).map(|it| 1.0 / it))
            .collect::<Option<_>>()?;
        if !self.cadence.is_due() {
            return None;
        }
        let sum: f64 = inverse.iter().sum();
        Some(inverse.iter().map(|it| self.gross * it / sum).collect())
    }
}

pub(in crate::strategies) const RISK_PARITY: Declared = Declared {
    name: "risk_parity",
    family: Family::Portfolio,
    about: "Weights at which every instrument brings the same part of the portfolio's variance.",
    page: Page {
        entry: "At the first time at which there are `window` + 1 closes of every instrument.",
        exit: "Never; every `every` bars weights are set anew.",
        sizing: "`gross` of equity in equal risk contributions of the sample covariances of the last `window` \
                 logarithmic returns, by coordinate descent. Nothing changes while an instrument does not move at all.",
        source: "Sébastien Maillard, Thierry Roncalli, Jérôme Teïletche, The Properties of Equally Weighted Risk \
                 Contribution Portfolios, 2010; solved as by Spinu 2013 and Griveau-Billion, Richard, Roncalli 2013.",
        risk: "Covariances of the past: in a crash correlations go to one, and what was small risk is large.",
    },
    needs: SEVERAL,
    parameters: &[WINDOW, EVERY, GROSS],
    build: |values| {
        Ok(Box::new(Allocation::new(ByCovariance {
            solve: risk_parity,
            rows: Rows::new(values.count("window") + 1),
            cadence: Cadence::new(values.count("every")),
            gross: values.real("gross"),
        })))
    },
};

pub(in crate::strategies) const MINIMUM_VARIANCE: Declared = Declared {
    name: "minimum_variance",
    family: Family::Portfolio,
    about: "The weights, none of them short, whose portfolio varied least.",
    page: Page {
        entry: "At the first time at which there are `window` + 1 closes of every instrument.",
        exit: "Never; every `every` bars weights are set anew.",
        sizing: "`gross` of equity in the long-only weights of least variance by the sample covariances of the last \
                 `window` logarithmic returns, by coordinate descent held at zero. Nothing changes while an \
                 instrument does not move at all.",
        source: "Harry Markowitz, Portfolio Selection, 1952; without shorts as in Ravi Jagannathan, Tongshu Ma, Risk \
                 Reduction in Large Portfolios: Why Imposing the Wrong Constraints Helps, 2003.",
        risk: "Few, concentrated weights that jump with the estimate: many instruments in a short window are noise.",
    },
    needs: SEVERAL,
    parameters: &[WINDOW, EVERY, GROSS],
    build: |values| {
        Ok(Box::new(Allocation::new(ByCovariance {
            solve: minimum_variance,
            rows: Rows::new(values.count("window") + 1),
            cadence: Cadence::new(values.count("every")),
            gross: values.real("gross"),
        })))
    },
};

#[derive(Debug)]
struct ByCovariance {
    solve: fn(&super::covariance::Matrix) -> Option<Vec<f64>>,
    rows: Rows,
    cadence: Cadence,
    gross: f64,
}

impl Allocate for ByCovariance {
    fn next(&mut self, closes: &[f64], _: &[Held]) -> Option<Vec<f64>> {
        if !self.rows.push(closes) || !self.cadence.is_due() {
            return None;
        }
        let weights = (self.solve)(&covariance(self.rows.iter())?)?;
        Some(weights.iter().map(|weight| self.gross * weight).collect())
    }
}

pub(in crate::strategies) const ROTATION: Declared = Declared {
    name: "rotation",
    family: Family::Portfolio,
    about: "The strongest instruments of several, as long as they are above their own average.",
    page: Page {
        entry: "Every `every` bars: the `top` instruments with the best return over `lookback` bars, of those that \
                close above their mean of `trend` bars.",
        exit: "At a rebalancing at which an instrument is no longer among them.",
        sizing: "`gross` of equity by `top`, each; what no instrument deserves stays cash.",
        source: "Mebane Faber, Relative Strength Strategies for Investing, 2010.",
        risk: "Turns over at every change of rank; a fall that is faster than the cadence is held to its end.",
    },
    needs: SEVERAL,
    parameters: &[
        Parameter::integer("lookback", 63, 1, 10_000, "bars of the return"),
        Parameter::integer("trend", 200, 1, 10_000, "bars of the average"),
        Parameter::integer("top", 1, 1, 64, "how many are held"),
        EVERY,
        GROSS,
    ],
    build: |values| {
        Ok(Box::new(Allocation::new(Rotation {
            rows: Rows::new(values.count("lookback") + 1),
            trend: Sma::new(values.count("trend"))?,
            trends: Vec::new(),
            top: values.count("top"),
            cadence: Cadence::new(values.count("every")),
            gross: values.real("gross"),
        })))
    },
};

#[derive(Debug)]
struct Rotation {
    rows: Rows,
    trend: Sma,
    trends: Vec<Sma>,
    top: usize,
    cadence: Cadence,
    gross: f64,
}

impl Allocate for Rotation {
    fn next(&mut self, closes: &[f64], _: &[Held]) -> Option<Vec<f64>> {
        self.trends.resize(closes.len(), self.trend.clone());
        let trends = self.trends.iter_mut().zip(closes);
        let trends: Vec<_> = trends.map(|(it, close)| it.update(*close)).collect();
        let trends: Vec<f64> = trends
            .into_iter()
            .collect::<Option<_>>()
            .unwrap_or_default();
        if !self.rows.push(closes) || trends.is_empty() || !self.cadence.is_due() {
            return None;
        }
        let returns = self.rows.returns(0);
        let mut places: Vec<usize> = (0..closes.len())
            .filter(|place| closes[*place] > trends[*place])
            .collect();
        places.sort_by(|one, other| returns[*other].total_cmp(&returns[*one]));
        let mut weights = vec![0.0; closes.len()];
        for place in places.into_iter().take(self.top) {
            weights[place] = self.gross / self.top as f64;
        }
        Some(weights)
    }
}

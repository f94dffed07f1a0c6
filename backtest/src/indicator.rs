//! Indicators: one value in, one value out, nothing before they are ready.

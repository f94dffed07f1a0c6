//! Figures about an equity curve and its trades, each with its convention.

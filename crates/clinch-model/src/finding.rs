//! Rules of the film with what was measured.

use serde::{Deserialize, Serialize};

/// One rule of the film with what was measured for it. Stages write them; `clinch audit` prints them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Short name, e.g. `assist, mean`.
    pub name: String,
    /// What is measured, in one sentence with its formula or source.
    pub meaning: String,
    /// The measured value in `unit`.
    pub measured: f64,
    /// Unit of the value and of the bound; empty for a pure number.
    pub unit: String,
    /// What the rule asks.
    pub bound: Bound,
}

/// What a rule asks of a value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// At most this.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
    /// Within both, inclusive.
    Between(f64, f64),
    /// Reported only; nothing is promised.
    Reported,
}

impl Finding {
    /// Whether the rule holds. A value that isn't a number never holds.
    pub fn holds(&self) -> bool {
        match self.bound {
            Bound::AtMost(most) => self.measured <= most,
            Bound::AtLeast(least) => self.measured >= least,
            Bound::Between(least, most) => (least..=most).contains(&self.measured),
            Bound::Reported => self.measured.is_finite(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_no_number_falls_short_of_every_rule() {
        for bound in [Bound::AtMost(1.0), Bound::AtLeast(1.0), Bound::Between(0.0, 1.0), Bound::Reported] {
            let finding = Finding { name: String::new(), meaning: String::new(), measured: f64::NAN, unit: String::new(), bound };
            assert!(!finding.holds());
        }
    }
}

//! [`Binary`]: statements about whether programs are vulnerable, and the numbers that are made
//! of them.

use super::{Class, Classes, ratio};

/// Statements about whether programs are vulnerable. What could not be read is a miss of
/// what is vulnerable, and a false alarm about what is not: it is wrong either way.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Binary {
    pub hits: f64,
    pub misses: f64,
    pub false_alarms: f64,
    pub correct_rejections: f64,
}

impl Binary {
    /// Takes so many more statements.
    pub(super) fn add(&mut self, Classes { truth, said }: &Classes, count: f64) {
        let is_vulnerable = *truth != Class::Secure;
        let cell = match (is_vulnerable, said) {
            (true, Class::Vulnerable(_)) => &mut self.hits,
            (true, Class::Secure | Class::Unread) => &mut self.misses,
            (false, Class::Vulnerable(_) | Class::Unread) => &mut self.false_alarms,
            (false, Class::Secure) => &mut self.correct_rejections,
        };
        *cell += count;
    }

    /// The harmonic mean of precision and recall.
    pub fn f1(&self) -> Option<f64> {
        ratio(2.0 * self.hits, 2.0 * self.hits + self.misses + self.false_alarms)
    }

    /// The share of vulnerable programs that are said to be so.
    pub fn recall(&self) -> Option<f64> {
        ratio(self.hits, self.hits + self.misses)
    }

    /// The share of programs that are not vulnerable, and said to be so.
    pub fn specificity(&self) -> Option<f64> {
        ratio(self.correct_rejections, self.correct_rejections + self.false_alarms)
    }

    /// The share of what is right.
    pub fn accuracy(&self) -> Option<f64> {
        let right = self.hits + self.correct_rejections;
        ratio(right, right + self.misses + self.false_alarms)
    }

    /// The mean of recall and specificity.
    pub fn balanced_accuracy(&self) -> Option<f64> {
        Some(f64::midpoint(self.recall()?, self.specificity()?))
    }

    /// Matthews' correlation coefficient.
    pub fn mcc(&self) -> Option<f64> {
        let Binary { hits, misses, false_alarms, correct_rejections } = self;
        let product = (hits + false_alarms)
            * (hits + misses)
            * (correct_rejections + false_alarms)
            * (correct_rejections + misses);
        ratio(hits * correct_rejections - false_alarms * misses, product.sqrt())
    }
}

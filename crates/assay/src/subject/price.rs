//! What the tokens of a model cost.

use assay_core::{Cost, Tokens};
use serde::{Deserialize, Serialize};

/// The amounts for a million tokens of each class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PriceTable", into = "PriceTable")]
pub struct Price {
    pub input: Cost,
    pub cached_input: Cost,
    pub cache_write: Cost,
    pub output: Cost,
    pub reasoning: Cost,
}

/// A price as a user writes it, in whole units.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct PriceTable {
    input: f64,
    /// By default that of the input.
    #[serde(skip_serializing_if = "Option::is_none")]
    cached_input: Option<f64>,
    /// By default [`CACHE_WRITE`] times that of the input.
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_write: Option<f64>,
    output: f64,
    /// By default that of the output.
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<f64>,
}

/// How many times the price of other input it costs to have input written into the provider's
/// cache, if the user does not say: what Anthropic asks, whose protocol alone counts such tokens
/// apart (<https://docs.claude.com/en/docs/build-with-claude/prompt-caching>).
const CACHE_WRITE: f64 = 1.25;

impl Price {
    /// The cost of these tokens, rounded once at the end to the unit of [`Cost`].
    pub fn cost(&self, tokens: &Tokens) -> Cost {
        let cached = tokens.cached.min(tokens.input);
        let reasoning = tokens.reasoning.min(tokens.output);
        let written = tokens.written.min(tokens.input - cached);
        let parts = [
            (tokens.input - cached - written, self.input),
            (cached, self.cached_input),
            (written, self.cache_write),
            (tokens.output - reasoning, self.output),
            (reasoning, self.reasoning),
        ];
        let amount = |(count, price): (u64, Cost)| u128::from(count) * u128::from(price.nanos());
        let millionths: u128 = parts.into_iter().map(amount).sum();
        Cost::from_nanos(u64::try_from((millionths + 500_000) / 1_000_000).unwrap_or(u64::MAX))
    }
}

impl TryFrom<PriceTable> for Price {
    type Error = String;

    fn try_from(table: PriceTable) -> Result<Price, String> {
        let amount = |name: &str, units: f64| {
            Cost::from_units(units)
                .ok_or_else(|| format!("the price {name} = {units} is not a price"))
        };
        Ok(Price {
            input: amount("input", table.input)?,
            cached_input: amount("cached-input", table.cached_input.unwrap_or(table.input))?,
            cache_write: amount(
                "cache-write",
                table.cache_write.unwrap_or(table.input * CACHE_WRITE),
            )?,
            output: amount("output", table.output)?,
            reasoning: amount("reasoning", table.reasoning.unwrap_or(table.output))?,
        })
    }
}

impl From<Price> for PriceTable {
    fn from(price: Price) -> PriceTable {
        PriceTable {
            input: price.input.units(),
            cached_input: Some(price.cached_input.units()),
            cache_write: Some(price.cache_write.units()),
            output: price.output.units(),
            reasoning: Some(price.reasoning.units()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> Result<Price, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn each_class_has_its_price_and_the_sum_is_exact() {
        let check = |table: &str, tokens: (u64, u64, u64, u64), nanos: u64| {
            let (input, cached, output, reasoning) = tokens;
            let tokens = Tokens { input, cached, output, reasoning, written: 0 };
            let cost = price(table).expect("a price").cost(&tokens);
            assert_eq!(cost.nanos(), nanos, "{table} {tokens:?}");
        };
        check("input = 2.5\noutput = 10", (1_000, 0, 100, 0), 2_500_000 + 1_000_000);
        check("input = 2.5\noutput = 10", (1_000, 800, 100, 60), 3_500_000);
        check("input = 2\ncached-input = 0.2\noutput = 8", (1_000, 800, 0, 0), 560_000);
        check("input = 0\noutput = 1\nreasoning = 3", (9, 0, 10, 4), 6_000 + 12_000);
        // A part of a nano is not lost a million times.
        check("input = 0.0000005\noutput = 0", (3, 0, 0, 0), 0);
        check("input = 0.0000005\noutput = 0", (3_000_000, 0, 0, 0), 1_500);
        // What is said to be a part and is more than the whole.
        check("input = 1\ncached-input = 0\noutput = 1", (5, 9, 0, 0), 0);
        check("input = 90000000\noutput = 1", (u64::MAX, 0, 0, 0), u64::MAX);
    }

    #[test]
    fn what_is_written_into_a_cache_has_a_price_of_its_own() {
        let check = |table: &str, (input, cached, written): (u64, u64, u64), nanos: u64| {
            let tokens = Tokens { input, cached, written, ..Tokens::default() };
            let cost = price(table).expect("a price").cost(&tokens);
            assert_eq!(cost.nanos(), nanos, "{table} {tokens:?}");
        };
        check("input = 4\noutput = 0", (100, 0, 40), 60 * 4_000 + 40 * 5_000);
        check("input = 4\ncached-input = 1\noutput = 0", (100, 50, 40), 40_000 + 50_000 + 200_000);
        check("input = 4\ncache-write = 8\noutput = 0", (100, 0, 40), 60 * 4_000 + 40 * 8_000);
        check("input = 4\ncache-write = 4\noutput = 0", (100, 0, 100), 400_000);
        // What is said to be a part and is more than the whole.
        check("input = 4\ncached-input = 0\noutput = 0", (10, 8, 9), 2 * 5_000);
        let written = toml::to_string(&price("input = 4\noutput = 1").expect("a price"));
        assert!(written.expect("TOML").contains("cache-write = 5.0"));
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for table in [
            "input = -1\noutput = 1",
            "input = nan\noutput = 1",
            "output = 1",
            "input = 1\noutput = 1\ncached = 1",
            "input = 1\noutput = 1\ncache-write = -1",
        ] {
            price(table).expect_err(table);
        }
    }
}

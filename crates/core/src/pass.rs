//! Pass@k: how likely one of `k` attempts at a task is to succeed.

/// The unbiased estimate of Pass@k from `successes` among `attempts` attempts at one task:
/// 1 - C(n-c, k) / C(n, k) (Chen et al., "Evaluating Large Language Models Trained on
/// Code", 2021, equation 1). With k = 1 it is the success rate (SecCodeBench-V2, equation
/// 1). `None` where there are fewer than `k` attempts, or `k` is 0.
#[expect(clippy::cast_precision_loss, reason = "attempts at one task are few")]
pub fn pass_at(k: usize, successes: usize, attempts: usize) -> Option<f64> {
    if k == 0 || k > attempts || successes > attempts {
        return None;
    }
    let failures = attempts - successes;
    if failures < k {
        return Some(1.0);
    }
    if k == 1 {
        // The product below loses a bit or two.
        return Some(successes as f64 / attempts as f64);
    }
    let none = (0..k).map(|drawn| (failures - drawn) as f64 / (attempts - drawn) as f64);
    Some(1.0 - none.product::<f64>())
}

/// The unbiased estimate of pass^k, how likely all of `k` attempts at a task are to succeed,
/// from `successes` among `attempts` attempts: C(c, k) / C(n, k) (Yao et al., "tau-bench: A
/// Benchmark for Tool-Agent-User Interaction", 2024). `None` as for [`pass_at`].
pub fn pass_all(k: usize, successes: usize, attempts: usize) -> Option<f64> {
    // All succeed where none fails.
    pass_at(k, attempts.checked_sub(successes)?, attempts).map(|some_fail| 1.0 - some_fail)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By counting: of all ways to draw k of n attempts, those that hold a success.
    fn counted(k: usize, successes: usize, attempts: usize) -> f64 {
        let draws: Vec<u32> =
            (0..1_u32 << attempts).filter(|set| set.count_ones() as usize == k).collect();
        let lucky = draws.iter().filter(|set| *set & ((1 << successes) - 1) != 0).count();
        lucky as f64 / draws.len() as f64
    }

    #[test]
    fn the_estimate_is_the_share_of_draws_that_hold_a_success() {
        for attempts in 1..=10 {
            for successes in 0..=attempts {
                for k in 1..=attempts {
                    let found = pass_at(k, successes, attempts).expect("enough attempts");
                    let expect = counted(k, successes, attempts);
                    assert!((found - expect).abs() < 1e-12, "{k} {successes} {attempts}");
                }
            }
        }
    }

    #[test]
    fn there_is_none_without_enough_attempts() {
        assert_eq!(pass_at(2, 1, 1), None);
        assert_eq!(pass_at(0, 1, 1), None);
        assert_eq!(pass_at(1, 0, 0), None);
    }
}

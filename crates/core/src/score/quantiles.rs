//! Shares and quantiles of the normal distribution and of Student's, and the power of a t-test.

use std::f64::consts::PI;

/// The share of the standard normal distribution below a number: its series around 0
/// (Marsaglia, "Evaluating the Normal Distribution", 2004).
pub(super) fn normal_share(z: f64) -> f64 {
    if z.is_nan() {
        return z;
    }
    if z.abs() > 8.0 {
        return if z > 0.0 { 1.0 } else { 0.0 };
    }
    let (mut sum, mut term, mut odd) = (z, z, 1.0);
    while sum + term != sum {
        odd += 2.0;
        term *= z * z / odd;
        sum += term;
    }
    0.5 + sum * (-z * z / 2.0).exp() / (2.0 * PI).sqrt()
}

/// The number below which this share of the standard normal distribution lies.
pub(super) fn normal_quantile(share: f64) -> f64 {
    let (mut low, mut high) = (-8.0, 8.0);
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        match normal_share(middle) < share {
            true => low = middle,
            false => high = middle,
        }
    }
    f64::midpoint(low, high)
}

/// Beyond so many degrees of freedom Student's distribution is the normal one for all that is
/// computed here.
const MANY: f64 = 5_000.0;

/// Steps of the integral below.
const STEPS: usize = 1_000;

/// The number below which this share of Student's distribution lies; `share` is 0.5 or more,
/// and `freedom` above 0.
///
/// With t = sqrt(freedom) tan(a) the density of a is proportional to cos(a)^(freedom - 1), on
/// which the trapezoidal rule is summed until the share is reached.
#[expect(clippy::cast_precision_loss, reason = "steps are few")]
pub(super) fn student_quantile(freedom: f64, share: f64) -> f64 {
    if freedom > MANY {
        return normal_quantile(share);
    }
    // Of many degrees nothing that can be seen lies further out.
    let end = if freedom > 30.0 { (12.0 / freedom.sqrt()).atan() } else { PI / 2.0 };
    let step = end / STEPS as f64;
    let density = |place: usize| (step * place as f64).cos().max(0.0).powf(freedom - 1.0);
    let pieces: Vec<f64> =
        (0..STEPS).map(|place| f64::midpoint(density(place), density(place + 1))).collect();
    let half: f64 = pieces.iter().sum();
    let mut wanted = (share - 0.5) * 2.0 * half;
    for (place, piece) in pieces.into_iter().enumerate() {
        if wanted <= piece {
            let angle = step * (place as f64 + wanted / piece);
            return freedom.sqrt() * angle.tan();
        }
        wanted -= piece;
    }
    f64::INFINITY
}

/// How often a t-test with this bound on both sides finds a mean that is so many standard errors
/// from 0: the share of the noncentral t distribution beyond the bounds, as the mean over the
/// distribution of the estimated standard deviation, whose logarithm of density is
/// (freedom - 1) ln s - freedom s² / 2 but for a constant.
#[expect(clippy::cast_precision_loss, reason = "steps are few")]
pub(super) fn power_of_t(errors: f64, freedom: f64, bound: f64) -> f64 {
    const STEPS: usize = 400;
    let logarithm = |s: f64| (freedom - 1.0) * s.ln() - freedom * s * s / 2.0;
    let peak = ((freedom - 1.0).max(0.0) / freedom).sqrt();
    let width = 8.0 / (2.0 * freedom).sqrt();
    let (from, to) = ((peak - width).max(0.0), peak + width);
    let (mut found, mut all) = (0.0, 0.0);
    let highest = logarithm(peak.max((to - from) / STEPS as f64));
    for step in 0..STEPS {
        let s = from + (to - from) * (step as f64 + 0.5) / STEPS as f64;
        let density = (logarithm(s) - highest).exp();
        all += density;
        found += density * (normal_share(errors - bound * s) + normal_share(-errors - bound * s));
    }
    found / all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_r() {
        // qnorm(0.975), qnorm(0.8), pnorm(1), pnorm(-2.5)
        assert!((normal_quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-12);
        assert!((normal_quantile(0.8) - 0.841_621_233_572_914).abs() < 1e-12);
        assert!((normal_share(1.0) - 0.841_344_746_068_543).abs() < 1e-12);
        assert!((normal_share(-2.5) - 0.006_209_665_325_776).abs() < 1e-12);
        // qt(0.975, c(1, 4, 14, 97, 1000)), qt(0.9, 14)
        for (freedom, share, expect) in [
            (1.0, 0.975, 12.706_205),
            (4.0, 0.975, 2.776_445),
            (14.0, 0.975, 2.144_787),
            (97.0, 0.975, 1.984_723),
            (1_000.0, 0.975, 1.962_339),
            (14.0, 0.9, 1.345_030),
        ] {
            let found = student_quantile(freedom, share);
            assert!((found / expect - 1.0).abs() < 1e-4, "{freedom} {share}: {found}");
        }
    }
}

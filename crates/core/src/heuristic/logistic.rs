//! Logistic regression with a penalty on the squares of the weights, by Newton's method
//! (iteratively reweighted least squares; Hastie, Tibshirani and Friedman, "The Elements of
//! Statistical Learning", 2nd edition, section 4.4.1). Everything is in a fixed order, so that the
//! same data give the same numbers.

/// One observation: the columns that are not 0, in order, and the class.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) values: Vec<(usize, f64)>,
    pub(super) is_positive: bool,
}

/// What was fitted: the chance of a row is `1 / (1 + exp(-(intercept + weights · values)))`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fit {
    pub(super) intercept: f64,
    pub(super) weights: Vec<f64>,
}

/// Steps after which it has converged, or never will.
const MOST_STEPS: usize = 50;

/// A step that changes no weight by more is the last.
const STILL: f64 = 1e-10;

/// Fits rows over so many columns. `penalty` is times half the sum of the squared weights; the
/// intercept is not held back. `None` without rows of both classes.
pub(super) fn fit(rows: &[Row], columns: usize, penalty: f64) -> Option<Fit> {
    let positive = rows.iter().filter(|row| row.is_positive).count();
    if positive == 0 || positive == rows.len() {
        return None;
    }
    // The intercept is the last place.
    let size = columns + 1;
    let mut at = vec![0.0; size];
    let mut loss = penalised(rows, &at, penalty);
    for _ in 0..MOST_STEPS {
        let step = newton_step(rows, &at, penalty)?;
        let mut length = 1.0;
        let (mut next, mut lower) = moved(&at, &step, length, rows, penalty);
        // Newton's step may be too long far from the minimum; the loss is convex.
        while lower > loss && length > 1e-6 {
            length /= 2.0;
            (next, lower) = moved(&at, &step, length, rows, penalty);
        }
        at = next;
        loss = lower;
        if step.iter().all(|part| (part * length).abs() < STILL) {
            break;
        }
    }
    let intercept = at.pop()?;
    Some(Fit { intercept, weights: at })
}

impl Fit {
    /// What the weights make of a row, without the intercept.
    pub(super) fn sum(&self, values: &[(usize, f64)]) -> f64 {
        values.iter().map(|(column, value)| self.weights[*column] * value).sum()
    }
}

pub(super) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Minus the logarithm of a chance, for one that may be next to nothing.
pub(super) fn surprise(chance: f64, is_positive: bool) -> f64 {
    let of_class = if is_positive { chance } else { 1.0 - chance };
    -of_class.max(1e-15).ln()
}

fn linear(row: &Row, at: &[f64]) -> f64 {
    let intercept = at.last().copied().unwrap_or_default();
    intercept + row.values.iter().map(|(column, value)| at[*column] * value).sum::<f64>()
}

fn penalised(rows: &[Row], at: &[f64], penalty: f64) -> f64 {
    let of_row = |row: &Row| surprise(sigmoid(linear(row, at)), row.is_positive);
    let weights = at.iter().take(at.len() - 1);
    let squares: f64 = weights.map(|weight| weight * weight).sum();
    rows.iter().map(of_row).sum::<f64>() + penalty * squares / 2.0
}

fn moved(at: &[f64], step: &[f64], length: f64, rows: &[Row], penalty: f64) -> (Vec<f64>, f64) {
    let next: Vec<f64> = at.iter().zip(step).map(|(at, step)| at + step * length).collect();
    let loss = penalised(rows, &next, penalty);
    (next, loss)
}

/// The solution of `hessian · step = -gradient`.
fn newton_step(rows: &[Row], at: &[f64], penalty: f64) -> Option<Vec<f64>> {
    let size = at.len();
    let mut hessian = vec![0.0; size * size];
    let mut descent = vec![0.0; size];
    for row in rows {
        let chance = sigmoid(linear(row, at));
        let residual = f64::from(u8::from(row.is_positive)) - chance;
        let spread = chance * (1.0 - chance);
        let with_intercept = || row.values.iter().copied().chain([(size - 1, 1.0)]);
        for (column, value) in with_intercept() {
            descent[column] += residual * value;
            for (other, factor) in with_intercept().take_while(|(other, _)| *other <= column) {
                hessian[column * size + other] += spread * value * factor;
            }
        }
    }
    for column in 0..size - 1 {
        descent[column] -= penalty * at[column];
        hessian[column * size + column] += penalty;
    }
    // The intercept has no penalty: it needs a little for rows that are all but certain.
    hessian[size * size - 1] += 1e-9;
    solve(hessian, descent)
}

/// Solves a symmetric positive system, of which the lower half is given, by Cholesky's
/// decomposition. `None` where it is not positive.
fn solve(mut matrix: Vec<f64>, mut right: Vec<f64>) -> Option<Vec<f64>> {
    let size = right.len();
    for row in 0..size {
        let (above, from_row) = matrix.split_at_mut(row * size);
        let here = &mut from_row[..size];
        for column in 0..row {
            let other = &above[column * size..column * size + column + 1];
            let inner: f64 = here[..column].iter().zip(&other[..column]).map(|(a, b)| a * b).sum();
            here[column] = (here[column] - inner) / other[column];
        }
        let squares: f64 = here[..row].iter().map(|value| value * value).sum();
        let rest = here[row] - squares;
        if rest <= 0.0 || rest.is_nan() {
            return None;
        }
        here[row] = rest.sqrt();
    }
    for row in 0..size {
        let known: f64 = (0..row).map(|column| matrix[row * size + column] * right[column]).sum();
        right[row] = (right[row] - known) / matrix[row * size + row];
    }
    for row in (0..size).rev() {
        let known: f64 =
            (row + 1..size).map(|below| matrix[below * size + row] * right[below]).sum();
        right[row] = (right[row] - known) / matrix[row * size + row];
    }
    Some(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(values: &[f64], is_positive: bool) -> Row {
        Row { values: values.iter().copied().enumerate().collect(), is_positive }
    }

    #[test]
    fn a_system_is_solved() {
        let matrix = vec![4.0, 0.0, 0.0, 2.0, 5.0, 0.0, 1.0, 3.0, 6.0];
        let found = solve(matrix, vec![11.0, 21.0, 25.0]).expect("positive");
        for (found, expect) in found.iter().zip([1.0, 2.0, 3.0]) {
            assert!((found - expect).abs() < 1e-12, "{found} for {expect}");
        }
        assert_eq!(solve(vec![0.0], vec![1.0]), None);
    }

    #[test]
    fn without_columns_it_is_the_share_of_the_positive() {
        let rows = [row(&[], true), row(&[], true), row(&[], true), row(&[], false)];
        let fit = fit(&rows, 0, 1.0).expect("both classes");
        assert!((fit.intercept - 3.0_f64.ln()).abs() < 1e-6, "{fit:?}");
        assert!((sigmoid(fit.intercept + fit.sum(&[])) - 0.75).abs() < 1e-6);
    }

    #[test]
    fn an_indicator_without_penalty_is_the_ratio_of_odds() {
        // 3 of 4 with it are positive, and 1 of 4 without it.
        let with = [true, true, true, false].map(|class| row(&[1.0], class));
        let without = [true, false, false, false].map(|class| row(&[0.0], class));
        let rows: Vec<Row> = with.into_iter().chain(without).collect();
        let exact = fit(&rows, 1, 0.0).expect("both classes");
        assert!((exact.weights[0] - 9.0_f64.ln()).abs() < 1e-6, "{exact:?}");
        assert!((exact.intercept + 3.0_f64.ln()).abs() < 1e-6, "{exact:?}");
        let held = fit(&rows, 1, 2.0).expect("both classes");
        assert!(held.weights[0] > 0.0 && held.weights[0] < exact.weights[0], "{held:?}");
    }

    #[test]
    fn at_the_minimum_the_gradient_is_nothing() {
        let rows = [
            row(&[1.0, 0.5], true),
            row(&[0.2, -1.0], false),
            row(&[3.0, 0.1], true),
            row(&[0.9, 0.4], false),
        ];
        let penalty = 0.7;
        let found = fit(&rows, 2, penalty).expect("both classes");
        for column in 0..2 {
            let slope: f64 = rows
                .iter()
                .map(|row| {
                    let residual = f64::from(u8::from(row.is_positive))
                        - sigmoid(found.intercept + found.sum(&row.values));
                    residual * row.values[column].1
                })
                .sum();
            assert!((slope - penalty * found.weights[column]).abs() < 1e-8, "{found:?}");
        }
    }

    #[test]
    fn what_one_column_tells_apart_has_weights_that_end() {
        let rows = [row(&[1.0], true), row(&[1.0], true), row(&[0.0], false)];
        let found = fit(&rows, 1, 0.1).expect("both classes");
        assert!(found.weights[0].is_finite() && found.weights[0] > 1.0, "{found:?}");
        assert_eq!(fit(&rows[..2], 1, 0.1), None);
        assert_eq!(fit(&[], 1, 0.1), None);
    }
}

//! Owns the few statistics that results need: means, 95 % t-intervals, percentiles. It knows nothing of trips or vehicles, and
//! gives `None` where a number is not defined, never a NaN.
//!
//! Sums go in index order and no function of the platform's mathematics library is used: the same figures everywhere.

use serde::Serialize;

/// Share of intervals that hold the true mean, were the experiment done again and again.
const CONFIDENCE: f64 = 0.95;

/// A mean with the half width of its 95 % t-interval. Rounded to three decimals.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Estimate {
    /// `None` without values.
    pub mean: Option<f64>,
    /// Half width: the interval is `mean ± ci95`. `None` for fewer than two values.
    pub ci95: Option<f64>,
}

impl Estimate {
    /// Of independent values: one for each replication.
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        Self { mean: rounded(mean(values)), ci95: rounded(half_width_95(values)) }
    }

    /// The interval's ends, if there is one.
    #[must_use]
    pub fn interval(&self) -> Option<(f64, f64)> {
        let (mean, half) = (self.mean?, self.ci95?);
        Some((mean - half, mean + half))
    }
}

/// The arithmetic mean, summed in index order; `None` without values.
#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / count(values.len()))
}

/// The sample's standard deviation (divided by n - 1); `None` for fewer than two values.
#[must_use]
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let centre = mean(values)?;
    let squares: f64 = values.iter().map(|value| (value - centre) * (value - centre)).sum();
    Some((squares / count(values.len() - 1)).sqrt())
}

/// Half the width of the 95 % t-interval of the mean: t · s / √n (strategies.md 5.5); `None` for fewer than two values.
#[must_use]
pub fn half_width_95(values: &[f64]) -> Option<f64> {
    let deviation = standard_deviation(values)?;
    let freedom = u32::try_from(values.len() - 1).unwrap_or(u32::MAX);
    Some(t_quantile(freedom) * deviation / count(values.len()).sqrt())
}

/// The percentile `share` (0 to 1) by linear interpolation between the order statistics: the value at position
/// `share · (n - 1)` of the sorted values (Hyndman and Fan's type 7, what spreadsheets do). `None` where values are too few
/// for it to mean something: fewer than 5 for a share up to a half, else fewer than 1 / (1 - share), so 20 for p95.
#[must_use]
pub fn percentile(values: &[f64], share: f64) -> Option<f64> {
    let share = share.clamp(0.0, 1.0);
    let needed = if share <= 0.5 { 5.0 } else { (1.0 / (1.0 - share) - 1e-9).max(5.0) };
    if count(values.len()) < needed {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let position = share * count(sorted.len() - 1);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "floor of 0 to n - 1")]
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    Some(sorted[below] + (position - position.floor()) * (sorted[above] - sorted[below]))
}

/// To three decimals, which is what results are written with: stable and readable. Not finite becomes `None`, minus zero zero.
#[must_use]
pub fn rounded(value: Option<f64>) -> Option<f64> {
    let value = value.filter(|value| value.is_finite())?;
    Some((value * 1000.0).round() / 1000.0 + 0.0)
}

/// The two-sided 95 % quantile of Student's t with this many degrees of freedom: 12.706 for 1, 2.262 for 9, towards 1.960.
fn t_quantile(freedom: u32) -> f64 {
    // The closed form takes as many terms as there are degrees of freedom; from 100 000 on the quantile no longer changes in
    // the fourth decimal.
    let freedom = freedom.clamp(1, 100_000);
    let (mut low, mut high) = (0.0_f64, 13.0_f64);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if t_probability_within(middle, freedom) < CONFIDENCE {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// The probability that Student's t lies within ± `t`: the finite sums for whole degrees of freedom (Abramowitz and Stegun,
/// 26.7.3 and 26.7.4).
fn t_probability_within(t: f64, freedom: u32) -> f64 {
    let n = f64::from(freedom);
    let angle = libm::atan(t / n.sqrt());
    let sine = t / (n + t * t).sqrt();
    let cosine_squared = n / (n + t * t);
    let odd = freedom % 2 == 1;
    // Terms of the series: 1, (1/2) cos², (1·3)/(2·4) cos⁴ … when even; cos, (2/3) cos³, (2·4)/(3·5) cos⁵ … when odd.
    let (mut term, mut k) = if odd { (cosine_squared.sqrt(), 3.0) } else { (1.0, 2.0) };
    let mut sum = 0.0;
    while k <= n {
        sum += term;
        term *= (k - 1.0) / k * cosine_squared;
        k += 2.0;
    }
    if odd { 2.0 / core::f64::consts::PI * (angle + sine * sum) } else { sine * sum }
}

/// How many, as a number to divide by.
#[expect(clippy::cast_precision_loss, reason = "nobody has 2^52 values in memory")]
const fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, expected: f64, tolerance: f64) {
        assert!((got - expected).abs() <= tolerance, "expected {expected}, got {got}");
    }

    #[test]
    fn t_quantiles_are_those_of_the_tables() {
        let table = [
            (1, 12.706),
            (2, 4.303),
            (3, 3.182),
            (4, 2.776),
            (5, 2.571),
            (9, 2.262),
            (14, 2.145),
            (19, 2.093),
            (29, 2.045),
            (49, 2.010),
            (100, 1.984),
            (1000, 1.962),
            (200_000, 1.960),
        ];
        for (freedom, expected) in table {
            close(t_quantile(freedom), expected, 0.0005);
        }
    }

    #[test]
    fn interval_of_a_small_sample() {
        // mean 5, s = sqrt(20 / 3) = 2.582, t(3) = 3.182: 3.1824 · 2.5820 / 2 = 4.109.
        let values = [2.0, 4.0, 6.0, 8.0];
        assert_eq!(Estimate::of(&values), Estimate { mean: Some(5.0), ci95: Some(4.109) });
        assert_eq!(Estimate::of(&values).interval(), Some((5.0 - 4.109, 5.0 + 4.109)));
    }

    #[test]
    fn equal_values_have_an_interval_of_zero() {
        assert_eq!(Estimate::of(&[0.0, 0.0]), Estimate { mean: Some(0.0), ci95: Some(0.0) });
    }

    #[test]
    fn one_value_has_no_interval_and_none_has_no_mean() {
        assert_eq!(Estimate::of(&[7.0]), Estimate { mean: Some(7.0), ci95: None });
        assert_eq!(Estimate::of(&[]), Estimate { mean: None, ci95: None });
    }

    #[test]
    fn percentiles_interpolate_between_neighbours() {
        let values: Vec<f64> = (1..=21).rev().map(f64::from).collect();
        close(percentile(&values, 0.5).unwrap(), 11.0, 1e-12);
        close(percentile(&values, 0.95).unwrap(), 20.0, 1e-12);
        close(percentile(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 0.5).unwrap(), 3.5, 1e-12);
    }

    #[test]
    fn percentiles_of_too_few_values_are_not_given() {
        assert_eq!(percentile(&[1.0; 4], 0.5), None);
        assert!(percentile(&[1.0; 5], 0.5).is_some());
        assert_eq!(percentile(&[1.0; 19], 0.95), None);
        assert!(percentile(&[1.0; 20], 0.95).is_some());
    }

    #[test]
    fn rounding_leaves_no_odd_numbers() {
        assert_eq!(rounded(Some(f64::NAN)), None);
        assert_eq!(rounded(Some(f64::INFINITY)), None);
        assert_eq!(rounded(Some(1.234_56)), Some(1.235));
        assert_eq!(rounded(Some(-0.000_01)).map(f64::to_bits), Some(0.0_f64.to_bits()));
    }
}

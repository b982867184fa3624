//! Axes with round ticks.

pub struct Axis {
    /// Each with its label's digits after the decimal point.
    pub ticks: Vec<(f64, usize)>,
    scale: Scale,
}

#[derive(Clone, Copy)]
enum Scale {
    Linear,
    Logarithmic,
}

/// Values further apart than this need a logarithmic axis: on a linear one the small ones would lie on the 0.
const LINEAR_RANGE: f64 = 10.0;

impl Axis {
    /// From 0, with three to eight steps of 1, 2 or 5 times a power of ten that reach `highest`.
    pub fn linear(highest: f64) -> Self {
        let highest = if highest > 0.0 { highest } else { 1.0 };
        let rough = highest / 5.0;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0].map(|factor| factor * power).into_iter().find(|step| *step >= rough);
        let step = step.unwrap_or(10.0 * power);
        let count = (highest / step).ceil() as u32;
        let ticks = (0..=count).map(|index| (f64::from(index) * step, digits(step))).collect();
        Self { ticks, scale: Scale::Linear }
    }

    /// The same, or, where `lowest` is far below `highest`, from one round value to another in equal ratios.
    pub fn for_times(lowest: f64, highest: f64) -> Self {
        if lowest <= 0.0 || highest / lowest < LINEAR_RANGE {
            return Self::linear(highest);
        }
        let decades = (lowest.log10().floor() as i32)..=(highest.log10().ceil() as i32);
        let round: Vec<f64> =
            decades.flat_map(|power| [1.0, 2.0, 5.0].map(|factor| factor * 10f64.powi(power))).collect();
        let first = round.partition_point(|tick| *tick <= lowest).saturating_sub(1);
        let last = round.partition_point(|tick| *tick < highest).min(round.len() - 1);
        let ticks = round[first..=last].iter().map(|tick| (*tick, digits(*tick))).collect();
        Self { ticks, scale: Scale::Logarithmic }
    }

    pub fn end(&self) -> f64 {
        self.ticks.last().map_or(1.0, |tick| tick.0)
    }

    pub fn is_logarithmic(&self) -> bool {
        matches!(self.scale, Scale::Logarithmic)
    }

    /// Where a value lies, from 0 at the start to 1 at the end.
    pub fn share(&self, value: f64) -> f64 {
        let start = self.ticks.first().map_or(0.0, |tick| tick.0);
        match self.scale {
            Scale::Linear => value / self.end(),
            Scale::Logarithmic => (value.max(start) / start).ln() / (self.end() / start).ln(),
        }
    }
}

/// Digits after the decimal point that tell steps of this size apart.
fn digits(step: f64) -> usize {
    (-(step * 1.000_001).log10().floor()).max(0.0) as usize
}

/// `12,500` or `0.25`.
pub fn thousands(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_reach_the_highest_value() {
        for highest in [0.003, 0.9, 1.0, 7.3, 10.0, 129_586.7, 3e9] {
            let axis = Axis::linear(highest);
            assert!((3..=9).contains(&axis.ticks.len()), "{highest}: {:?}", axis.ticks);
            assert!(
                axis.end() >= highest * 0.999_999 && axis.end() <= highest * 1.5,
                "{highest}: {:?}",
                axis.ticks
            );
            assert_eq!((axis.share(0.0), axis.share(axis.end())), (0.0, 1.0));
        }
        assert_eq!(Axis::linear(0.0).end(), 1.0);
    }

    #[test]
    fn times_far_apart_have_equal_ratios() {
        let axis = Axis::for_times(0.09, 22.0);
        let ticks: Vec<f64> = axis.ticks.iter().map(|tick| tick.0).collect();
        assert_eq!((ticks[0], axis.end()), (0.05, 50.0));
        assert!((axis.share(0.5) - 1.0 / 3.0).abs() < 1e-9 && (axis.share(5.0) - 2.0 / 3.0).abs() < 1e-9);
        assert!(!Axis::for_times(5.0, 20.0).is_logarithmic() && !Axis::for_times(0.0, 20.0).is_logarithmic());
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let cases = [
            (0.0, 0, "0"),
            (999.0, 0, "999"),
            (12_500.0, 0, "12,500"),
            (1e6, 0, "1,000,000"),
            (0.25, 2, "0.25"),
        ];
        for (value, digits, text) in cases {
            assert_eq!(thousands(value, digits), text);
        }
    }
}

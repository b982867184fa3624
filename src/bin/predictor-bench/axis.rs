//! An axis from 0 with round ticks.

pub struct Axis {
    pub end: f64,
    step: f64,
    /// After the decimal point of each tick.
    pub digits: usize,
}

impl Axis {
    /// Four to eight steps of 1, 2 or 5 times a power of ten that reach `highest`.
    pub fn to(highest: f64) -> Self {
        let highest = if highest > 0.0 { highest } else { 1.0 };
        let rough = highest / 5.0;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| *step >= rough);
        let step = step.unwrap_or(10.0 * power);
        let digits = (-step.log10().floor()).max(0.0) as usize;
        Self { end: (highest / step).ceil() * step, step, digits }
    }

    pub fn ticks(&self) -> impl Iterator<Item = f64> {
        let count = (self.end / self.step).round() as u32;
        let step = self.step;
        (0..=count).map(move |index| f64::from(index) * step)
    }
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
            let axis = Axis::to(highest);
            let ticks: Vec<f64> = axis.ticks().collect();
            assert!((3..=9).contains(&ticks.len()), "{highest}: {ticks:?}");
            assert!(axis.end >= highest && axis.end <= highest * 1.5, "{highest}: {ticks:?}");
            assert!((ticks.last().unwrap() - axis.end).abs() < axis.end * 1e-9);
        }
        assert_eq!(Axis::to(0.0).end, 1.0);
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

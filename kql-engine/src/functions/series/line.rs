//! The straight line that fits a series best, by least squares.

/// A line over the positions 0, 1, 2 …, and its goodness of fit.
#[derive(Debug, Clone, Copy, Default)]
pub struct Line {
    /// The increase from one position to the next.
    pub slope: f64,
    /// Its value at position 0.
    pub interception: f64,
    /// Sum of the squared distances of the values from their mean.
    pub total_squares: f64,
    /// Sum of the squared distances of the values from the line.
    pub residual_squares: f64,
    /// The number of fitted values.
    pub count: usize,
}

impl Line {
    /// Fits a line to values at consecutive positions that start with `from`.
    pub fn fit(values: &[f64], from: usize) -> Line {
        let count = values.len() as f64;
        let middle = from as f64 + (count - 1.0) / 2.0;
        let mean = values.iter().sum::<f64>() / count;
        let at = |n: usize| (from + n) as f64 - middle;
        let square: f64 = (0..values.len()).map(|n| at(n).powi(2)).sum();
        let product: f64 = values.iter().enumerate().map(|(n, v)| at(n) * (v - mean)).sum();
        let slope = if square > 0.0 { product / square } else { 0.0 };
        let interception = mean - slope * middle;
        let total_squares = values.iter().map(|v| (v - mean).powi(2)).sum();
        let residual_squares =
            values.iter().enumerate().map(|(n, v)| (v - interception - slope * (from + n) as f64).powi(2)).sum();
        Line { slope, interception, total_squares, residual_squares, count: values.len() }
    }

    /// Its value at a position.
    pub fn at(&self, position: usize) -> f64 {
        self.interception + self.slope * position as f64
    }

    /// 1 for a perfect fit.
    pub fn rsquare(&self) -> f64 {
        explained(self.total_squares, self.residual_squares)
    }

    /// Variance of the values.
    pub fn variance(&self) -> f64 {
        over(self.total_squares, self.count)
    }

    /// Variance of the residuals.
    pub fn rvariance(&self) -> f64 {
        over(self.residual_squares, self.count)
    }
}

/// The share of the squared distances from the mean that a fit explains.
pub fn explained(total_squares: f64, residual_squares: f64) -> f64 {
    if total_squares > 0.0 { 1.0 - residual_squares / total_squares } else { 0.0 }
}

/// A sum of squares as the variance of a sample.
pub fn over(squares: f64, count: usize) -> f64 {
    if count > 1 { squares / (count - 1) as f64 } else { 0.0 }
}

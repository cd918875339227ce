//! MulDiv.

/// MulDiv: the product of the first two, divided by the third and rounded to the nearest number, halves away from 0.
/// -1 if the third is 0 or the answer does not fit.
#[unsafe(no_mangle)]
pub extern "C" fn MulDiv(nNumber: i32, nNumerator: i32, nDenominator: i32) -> i32 {
    let product = i64::from(nNumber) * i64::from(nNumerator);
    let divisor = i64::from(nDenominator);
    if divisor == 0 {
        return -1;
    }
    let half = divisor.abs() / 2;
    let magnitude = (product.abs() + half) / divisor.abs();
    let answer = if (product < 0) == (divisor < 0) {
        magnitude
    } else {
        -magnitude
    };
    // Windows does not answer the lowest number either.
    i32::try_from(answer)
        .ok()
        .filter(|answer| *answer != i32::MIN)
        .unwrap_or(-1)
}

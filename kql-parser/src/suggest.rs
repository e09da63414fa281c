//! "Did you mean": the name most similar to a misspelt one.

/// The bytes of the longest name that is compared.
const LONGEST: usize = 256;

/// The name among `names` that the writer of `wrong` most likely meant.
pub fn suggest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // nobody mistypes a name of this length, and the distance to each name takes its time
    if wrong.len() > LONGEST {
        return None;
    }
    let lower = wrong.to_lowercase();
    names
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance * 3 <= wrong.chars().count().max(name.chars().count()).max(3))
        .min()
        .map(|(_, name)| name)
}

//! What is wrong with a query, and which columns it gives, without a row of data: `cargo run -p kql-engine --example check_only`

use kql_engine::{Engine, Profile};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::builder().profile(Profile::Sentinel).build()?;
    for query in ["SigninLogs | summarize count() by UserPrincipalName", "SigninLogs | where UserPrincipalNam == 'ann'"]
    {
        let checked = engine.check(query);
        for diagnostic in &checked.diagnostics {
            println!("{} {}", diagnostic.code, diagnostic.message);
        }
        for column in checked.columns.into_iter().flatten() {
            println!("{}: {}", column.name, column.ty);
        }
    }
    Ok(())
}

//! Where clients get tokens from. They ask before their first request.

use crate::body::json;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde_json::json;

/// The names of the public cloud. Clients that are told no credentials use none of them.
pub async fn metadata() -> Response<Body> {
    json(
        StatusCode::OK,
        &json!({
            "AzureAD": {
                "LoginEndpoint": "https://login.microsoftonline.com",
                "LoginMfaRequired": false,
                "KustoClientAppId": "db662dc1-0cfe-4e1c-a843-19a68e65be58",
                "KustoClientRedirectUri": "https://microsoft/kustoclient",
                "KustoServiceResourceId": "https://kusto.kusto.windows.net",
                "FirstPartyAuthorityUrl": "https://login.microsoftonline.com/f8cdef31-a31e-4b4a-93e4-5f571e91255a",
            },
            "dSTS": {
                "CloudEndpointSuffix": "windows.net",
                "DstsRealm": "realm://dsts.core.windows.net",
                "DstsInstance": "prod-dsts.dsts.core.windows.net",
                "KustoDnsHostName": "kusto.windows.net",
                "ServiceName": "kusto",
            },
        }),
    )
}

"""msticpy's own queries on local data."""

import datetime
import json
import warnings

import pandas
import pytest

warnings.simplefilter("ignore")

NOW = datetime.datetime(2026, 3, 10, 12)


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    when = "2026-03-10T11:00:00Z"
    tables = {
        "SigninLogs": [
            {"TimeGenerated": when, "UserPrincipalName": "ann@contoso.com", "IPAddress": "203.0.113.5", "ResultType": "0",
             "AppDisplayName": "Portal", "LocationDetails": {"city": "Oslo", "countryOrRegion": "NO"}},
            {"TimeGenerated": when, "UserPrincipalName": "bob@contoso.com", "IPAddress": "203.0.113.6", "ResultType": "50126"},
        ],
        "SecurityAlert": [
            {"TimeGenerated": when, "StartTime": when, "EndTime": when, "SystemAlertId": "id-1", "AlertName": "Odd",
             "AlertSeverity": "High", "ProviderName": "p", "Entities": "[]", "ExtendedProperties": "{}"},
        ],
        "SecurityEvent": [
            {"TimeGenerated": when, "EventID": 4624, "Computer": "host1", "Account": "CONTOSO\\ann", "LogonType": 3,
             "TargetUserName": "ann", "IpAddress": "203.0.113.5"},
            {"TimeGenerated": when, "EventID": 4688, "Computer": "host1", "NewProcessName": "C:\\\\a.exe", "CommandLine": "a.exe"},
        ],
        "AzureActivity": [{"TimeGenerated": when, "Caller": "ann@contoso.com", "OperationName": "Delete", "CallerIpAddress": "203.0.113.5"}],
        "OfficeActivity": [{"TimeGenerated": when, "UserId": "ann@contoso.com", "Operation": "New-InboxRule"}],
    }
    for name, rows in tables.items():
        (folder / f"{name}.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))

    import kql.msticpy  # registers the driver
    from msticpy.data import QueryProvider

    provider = QueryProvider("KqlLocal", data=str(folder), now="2026-03-10T12:00:00Z")
    provider.connect()
    return provider


SPAN = {"start": NOW - datetime.timedelta(days=1), "end": NOW + datetime.timedelta(days=1)}


def test_queries_are_there(provider):
    assert len(provider.list_queries()) > 150
    assert provider.connected and "SigninLogs" in provider.schema
    assert provider.schema["SigninLogs"]["LocationDetails"] == "dynamic"


@pytest.mark.parametrize(
    "name, arguments, rows",
    [
        ("Azure.list_all_signins_geo", {}, 2),
        ("Azure.list_aad_signins_for_account", {"account_name": "ann@contoso.com"}, 1),
        ("Azure.list_aad_signins_for_ip", {"ip_address_list": ["203.0.113.6"]}, 1),
        ("Azure.list_azure_activity_for_account", {"account_name": "ann@contoso.com"}, 1),
        ("Azure.list_azure_activity_for_ip", {"ip_address_list": ["203.0.113.5"]}, 1),
        ("SecurityAlert.list_alerts", {}, 1),
        ("SecurityAlert.get_alert", {"system_alert_id": "id-1"}, 1),
        ("SecurityAlert.list_alerts_counts", {}, 1),
        ("WindowsSecurity.list_host_logons", {"host_name": "host1"}, 1),
        ("WindowsSecurity.list_host_processes", {"host_name": "host1"}, 1),
        ("WindowsSecurity.list_host_events", {"host_name": "host1"}, 2),
        ("Office365.list_activity_for_account", {"account_name": "ann@contoso.com"}, 1),
    ],
)
def test_built_in_queries(provider, name, arguments, rows):
    group, query = name.split(".")
    frame = getattr(getattr(provider, group), query)(**SPAN, **arguments)
    assert isinstance(frame, pandas.DataFrame) and len(frame) == rows


def test_own_queries_and_errors(provider):
    import kql

    assert provider.exec_query("SigninLogs | count")["Count"][0] == 2
    with pytest.raises(kql.KqlError, match="Nothing"):
        provider.exec_query("Nothing | count")


def test_plugin_folder():
    from msticpy.data import drivers
    from msticpy.init.mp_plugins import load_plugins_from_path

    import kql.msticpy

    drivers.CUSTOM_PROVIDERS.pop("KqlLocal")
    load_plugins_from_path(kql.msticpy.PLUGIN_FOLDER)
    assert drivers.CUSTOM_PROVIDERS["KqlLocal"] is kql.msticpy.KqlLocalDriver

"""Converts Sigma rules to KQL with pySigma. Reads {"files": [...], "pipelines": [...]} and writes an object for each file."""

import importlib
import json
import sys

PIPELINES = {
    "microsoft_xdr": ("sigma.pipelines.microsoftxdr", "microsoft_xdr_pipeline"),
    "azure_monitor": ("sigma.pipelines.azuremonitor", "azure_monitor_pipeline"),
    "sentinel_asim": ("sigma.pipelines.sentinelasim", "sentinel_asim_pipeline"),
}


def converted(text, pipelines, backend, collection):
    """The rules of a file with their queries, by the first pipeline that knows what they read."""
    reasons = []
    for name in pipelines:
        module, function = PIPELINES[name]
        pipeline = getattr(importlib.import_module(module), function)()
        # a conversion changes its rules, so that each one starts from the text
        rules = collection.from_yaml(text)
        try:
            queries = [(rule, backend(processing_pipeline=pipeline).convert_rule(rule)) for rule in rules.rules]
        except Exception as error:  # pySigma raises many kinds
            reasons.append(f"{name}: {str(error).splitlines()[0][:300] if str(error) else type(error).__name__}")
            continue
        return [
            {
                "title": rule.title or "",
                "id": str(rule.id) if rule.id else None,
                "description": rule.description,
                "level": rule.level.name.capitalize() if rule.level else None,
                "tags": [f"{tag.namespace}.{tag.name}" for tag in rule.tags],
                "query": query,
            }
            for rule, all_queries in queries
            for query in all_queries
        ]
    raise ValueError("; ".join(reasons) or "it has no rule")


def main():
    asked = json.load(sys.stdin)
    try:
        from sigma.backends.kusto import KustoBackend
        from sigma.collection import SigmaCollection
    except ImportError as error:
        print(json.dumps({"missing": str(error)}))
        return
    for file in asked["files"]:
        try:
            with open(file, encoding="utf-8") as opened:
                rules = converted(opened.read(), asked["pipelines"], KustoBackend, SigmaCollection)
            print(json.dumps({"file": file, "rules": rules}))
        except Exception as error:
            print(json.dumps({"file": file, "error": " ".join(str(error).split())[:600] or type(error).__name__}))


main()

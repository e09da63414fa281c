"""Converts Sigma rules to KQL with pySigma. Reads {"files": [...], "pipelines": [...]} and writes an object for each file."""

import copy
import importlib
import json
import sys

LONGEST = 4000

PIPELINES = {
    "microsoft_xdr": ("sigma.pipelines.microsoftxdr", "microsoft_xdr_pipeline"),
    "azure_monitor": ("sigma.pipelines.azuremonitor", "azure_monitor_pipeline"),
    "sentinel_asim": ("sigma.pipelines.sentinelasim", "sentinel_asim_pipeline"),
}


def on_one_line(error):
    """All that an error says."""
    return " ".join(str(error).split())[:LONGEST] or type(error).__name__


def parts(text):
    """The rules of a file, and why its correlation rules are not among them."""
    import yaml

    documents = [document for document in yaml.safe_load_all(text) if document is not None]
    is_correlation = lambda document: isinstance(document, dict) and "correlation" in document
    left = [
        f"the correlation rule '{document.get('title') or ''}' is not converted: it has no query of its own"
        for document in documents
        if is_correlation(document)
    ]
    return [document for document in documents if not is_correlation(document)], left


def converted(documents, pipelines, backend, collection):
    """The rules of a file with their queries, by the first pipeline that knows what they read."""
    reasons = []
    for name in pipelines:
        module, function = PIPELINES[name]
        pipeline = getattr(importlib.import_module(module), function)()
        # a conversion changes its rules, so that each one starts from the text
        rules = collection.from_dicts(copy.deepcopy(documents))
        try:
            queries = [(rule, backend(processing_pipeline=pipeline).convert_rule(rule)) for rule in rules.rules]
        except Exception as error:  # pySigma raises many kinds
            reasons.append(f"{name}: {on_one_line(error)}")
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
                documents, left = parts(opened.read())
            rules = converted(documents, asked["pipelines"], KustoBackend, SigmaCollection) if documents or not left else []
            print(json.dumps({"file": file, "rules": rules, "left": left}))
        except Exception as error:
            print(json.dumps({"file": file, "error": on_one_line(error)}))


main()

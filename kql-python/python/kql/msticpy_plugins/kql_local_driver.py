"""The driver of `kql.msticpy`, for msticpy's loader of plugins."""

from kql.msticpy import KqlLocalDriver

__all__ = ["KqlLocalDriver"]

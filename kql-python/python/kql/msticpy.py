"""A driver of msticpy that runs KQL on local data.

>>> import kql.msticpy                                      # doctest: +SKIP
>>> from msticpy.data import QueryProvider                  # doctest: +SKIP
>>> provider = QueryProvider("KqlLocal", data="exports")    # doctest: +SKIP
>>> provider.connect()                                      # doctest: +SKIP
>>> provider.Azure.list_all_signins_geo(start=-1)           # doctest: +SKIP

The provider has msticpy's own queries for Microsoft Sentinel (or, with `environment="M365D"`, for Defender). Importing this
module registers the driver; `PluginFolders` of msticpyconfig.yaml can name the folder `kql.msticpy.PLUGIN_FOLDER` instead.
"""

import os

from msticpy.data import drivers
from msticpy.data.drivers.driver_base import DriverBase, DriverProps

from kql._engine import Engine

#: A folder for `PluginFolders` of msticpyconfig.yaml.
PLUGIN_FOLDER = os.path.join(os.path.dirname(__file__), "msticpy_plugins")


class KqlLocalDriver(DriverBase):
    """Runs queries with an `Engine` over local files and data frames.

    The keyword arguments of the provider, and of `connect`, are those of `kql.Engine`: `tables`, `data`, `now`, `functions`
    and so on. `environment` says whose queries the provider has: `MSSentinel` (the default), `M365D` or `MDE`.
    """

    DATA_ENVIRONMENTS = ["KqlLocal"]

    def __init__(self, connection_str=None, **kwargs):
        """`connection_str` is the same as `data`: a file or folder of tables."""
        kwargs.pop("data_environment", None)
        debug = kwargs.pop("debug", False)
        environment = kwargs.pop("environment", "MSSentinel")
        super().__init__(debug=debug)
        self._debug = debug
        self._settings = dict(kwargs)
        self._engine = None
        self._loaded = True
        self.set_driver_property(DriverProps.EFFECTIVE_ENV, environment)
        if environment in ("M365D", "MDE"):
            self._settings.setdefault("profile", "defender")
        if connection_str:
            self.connect(connection_str)

    def connect(self, connection_str=None, **kwargs):
        """Opens the data.

        Parameters
        ----------
        connection_str : str, optional
            A file or folder of tables, as `data`.
        kwargs
            Arguments of `kql.Engine`; they take the place of those of the provider.
        """
        if connection_str:
            kwargs["data"] = connection_str
        self._settings.update(kwargs)
        self._engine = Engine(**self._settings)
        self.current_connection = connection_str or "local data"
        self._connected = True

    @property
    def schema(self):
        """The columns of the tables with data, with their types in KQL."""
        self._ensure_connected("KqlLocal")
        return {name: dict(self._engine.schema(name)) for name in self._engine.tables}

    def query(self, query, query_source=None, **kwargs):
        """Runs a query and returns a pandas data frame."""
        return self.query_with_results(query, **kwargs)[0]

    def query_with_results(self, query, **kwargs):
        """Runs a query and returns a pandas data frame and the `kql.Result`."""
        self._ensure_connected("KqlLocal")
        result = self._engine.query(query)
        return result.to_pandas(), result


drivers.CUSTOM_PROVIDERS["KqlLocal"] = KqlLocalDriver

"""The command line: `python -m kql`, and `kql`."""

import signal
import sys


def main():
    """Runs the command with the arguments of the process."""
    from kql import _kql

    # the command stops its work by itself
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(_kql.main(["kql", *sys.argv[1:]]))


if __name__ == "__main__":
    main()

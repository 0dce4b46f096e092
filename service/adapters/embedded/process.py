"""Shared by both servers: errors at start, and the program of a process id."""


class EmbeddedMissing(Exception):
    """The extra `lastcall[embedded]` is not installed, or not available for this machine."""


class EmbeddedFailed(Exception):
    """A server did not start; the text names its log."""


def process_name(pid: int) -> str:
    import psutil  # noqa: PLC0415  comes with the embedded extra

    try:
        return str(psutil.Process(pid).name())
    except (psutil.Error, ValueError):  # a server under construction writes a negative number
        return ""

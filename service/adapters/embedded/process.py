"""What both servers need: how their start can fail, and which program a process id belongs to."""


class EmbeddedMissing(Exception):
    """The extra `lastcall[embedded]` is not installed, or not for this machine."""


class EmbeddedFailed(Exception):
    """A server did not come up; the text says where its log is."""


def process_name(pid: int) -> str:
    import psutil  # noqa: PLC0415  comes with the embedded extra

    try:
        return str(psutil.Process(pid).name())
    except (psutil.Error, ValueError):  # a server that is only just being made notes a negative number
        return ""

"""Why a target does not have the show; the text is for the broadcaster."""


class Lost(Exception):
    """There is no connection, or there is none any more: it may work the next time."""


class Refused(Exception):
    """The target, or we, do not want it: somebody has to change something."""

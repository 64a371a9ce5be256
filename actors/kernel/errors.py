"""What can go wrong between an actor and those who speak to it."""


class KernelError(Exception):
    """The base of all of the kernel's errors."""


class ActorStopped(KernelError):
    """The actor is gone, or went before it answered; whether it did the work is unknown."""


class ActorCrashed(ActorStopped):
    """The actor raised while this question was open; it may already run again."""


class AskTimeout(KernelError):
    """No reply within the time; the actor may still do the work."""


class MailboxFull(KernelError):
    """The mailbox is at its capacity and the sender would not wait."""


class TooManyActors(KernelError):
    """A directory is at its bound; nothing was started."""

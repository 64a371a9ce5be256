"""The actor kernel: bounded mailboxes, questions that are always answered, contained crashes.

The rules: only the edge awaits ``tell`` or ``ask``; actors use ``tell_nowait`` among themselves;
nothing slow is awaited in ``receive``; what others may read without asking is ``Published``.
"""

from actors.kernel.actor import Actor, Context
from actors.kernel.cell import RestartBudget
from actors.kernel.directory import Directory
from actors.kernel.errors import (
    ActorCrashed,
    ActorStopped,
    AskTimeout,
    KernelError,
    MailboxFull,
    TooManyActors,
)
from actors.kernel.mailbox import MailboxStatistics
from actors.kernel.published import Published
from actors.kernel.ref import Ref
from actors.kernel.reply import Ask, Reply
from actors.kernel.supervisor import Supervisor

__all__ = [
    "Actor",
    "ActorCrashed",
    "ActorStopped",
    "Ask",
    "AskTimeout",
    "Context",
    "Directory",
    "KernelError",
    "MailboxFull",
    "MailboxStatistics",
    "Published",
    "Ref",
    "Reply",
    "RestartBudget",
    "Supervisor",
    "TooManyActors",
]

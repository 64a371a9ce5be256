"""What a member is given who comes in: all that was missed, or the newest."""

from actors.room.messages import Join, Joined
from actors.room.state import RoomState

FIRST_MESSAGES = 50
"""What a new member is shown of what was said before."""


def joined(join: Join, state: RoomState, members: int, now_ms: int) -> Joined:
    """Say where the room stands, to one who is in now; ``members`` is how many are."""
    last = state.record.last_offset
    missed = None
    if join.epoch == state.record.epoch and join.after is not None and join.after <= last:
        missed = state.recent.after(join.after)
    first = () if missed is not None else state.recent.latest(FIRST_MESSAGES)
    return Joined(
        epoch=state.record.epoch,
        offset=last,
        recovered=missed is not None,
        messages=state.shown(first),
        events=missed or (),
        sums={} if missed is None else state.sums.since(join.after or 0),
        members=members,
        pinned=state.pinned(),
        modes=state.moderation.modes,
        role=state.role_of(join.by),
        sanction=state.moderation.sanction_of(join.by, now_ms),
    )

"""Bytes and frames in, events and bytes out: no sockets, no tasks, no clock (time is an argument)."""

"""Bytes and frames in, events and bytes out: no socket, no task, no clock (time is an argument)."""

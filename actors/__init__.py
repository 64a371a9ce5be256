"""Behaviour: the kernel, the stream and room actors, services, and the ports they need."""

"""Payloads of the `conduit/*` methods as pydantic models; the shapes follow the Agent Client Protocol."""

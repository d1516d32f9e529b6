"""Messages: the only vocabulary that providers, tools, sessions and faces share.

Frozen values; two equal messages are equal. Nothing here knows a vendor, a protocol or a disk.
"""

"""The serial link to a chip that flies a network: messages, frames, the asking side, the lines it runs over.

messages   what is said: the one description of both sides      packing, c_header, tables   derived from it
frames     bytes to frames and back, no I/O                     client, greeting            the side that asks
device     the side that answers, in Python; C has the same     transport and the rest      lines of bytes

The page is docs/link.md.
"""

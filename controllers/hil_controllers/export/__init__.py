"""A network as C: readable sources that have the bits of the definition, and a host library that flies them.

kernel.py      the hand-written C that is the same for every network
header.py      sizes and contract of one network        layers.py    its weights and layers
vectors.py     its golden vectors                       folder.py    all of it in a folder
app.py         the same in an app for the Crazyflie's firmware
library.py     the same C compiled for this machine     host.py      what flies it, once it has replayed
image.py       the same C as the program of a chip      compilation.py   what is compiled, kept
"""

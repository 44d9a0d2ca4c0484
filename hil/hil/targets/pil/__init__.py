"""Processor in the loop: the simulator's plant under a network that runs as C on a Cortex-M4, asked over a line.

target.py      the rig, and what builds it          chip.py   the network on the chip: asked, and proved before it flies
lines.py       which chip a --uri means             kept.py   what a flight leaves of it: pil.json
emulator.py    QEMU, its command line and where it is
"""

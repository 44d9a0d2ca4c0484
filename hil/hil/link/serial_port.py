"""A serial port: a board's USB, a UART adapter, a terminal that somebody else opened.

pyserial sets it up; bytes then go through its descriptor like any other line's. A port that is pulled out ends it.
"""

import termios
from typing import Any, final

from hil.core.clock import Clock
from hil.core.errors import TargetUnavailable
from hil.link.descriptors import DescriptorLine, Ends, Opener
from hil.link.transport import Transport

BAUD = 921_600  # a step and its answer take 1.6 ms; at 115,200 a step would take longer than 100 Hz allow


def serial_port(path: str, clock: Clock, *, baud: int = BAUD) -> Transport:
    """The line over the port at `path`, such as `/dev/ttyACM0`, 8N1. Needs the extra `pil`."""
    return DescriptorLine(_SerialPort(path, baud), clock)


@final
class _SerialPort(Opener):
    def __init__(self, path: str, baud: int) -> None:
        self.name = path
        self._baud = baud
        self._port: Any = None

    def open(self) -> Ends:
        try:
            import serial
        except ModuleNotFoundError:
            raise TargetUnavailable("serial ports need pyserial", hint="pip install 'hil-bench[pil]'") from None
        try:
            self._port = serial.Serial(self.name, self._baud, timeout=0, exclusive=True)
            self._port.reset_input_buffer()
        except (OSError, ValueError) as error:  # SerialException is an OSError; ValueError: no such baud rate
            raise TargetUnavailable(
                f"cannot open {self.name} at {self._baud} baud: {error}",
                hint="is it plugged in, used by nothing else, and may you read it (group dialout)?",
            ) from error
        descriptor = self._port.fileno()
        _nothing_is_no_end(descriptor)
        return Ends(descriptor, descriptor)

    def close(self) -> None:
        if self._port is not None:
            self._port.close()
            self._port = None


def _nothing_is_no_end(descriptor: int) -> None:
    """Pyserial sets VMIN to 0, with which a read of nothing looks like the end of the line (termios(3))."""
    attributes = termios.tcgetattr(descriptor)
    attributes[6][termios.VMIN] = 1
    termios.tcsetattr(descriptor, termios.TCSANOW, attributes)

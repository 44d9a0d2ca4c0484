"""Networks from elsewhere: a torch state_dict or an snntorch module becomes a network file, spike for spike or not.

What the original says is read (`tensors.py`, `modules.py`), its layers are found or mapped (`discovery.py`,
`layout.py`), the network is built, and the original's own spikes on the golden sequence are held against it
(`proof.py`).
"""

from hil_controllers.training.importing.modules import import_snntorch
from hil_controllers.training.importing.state_dict import import_state_dict

__all__ = ["import_snntorch", "import_state_dict"]

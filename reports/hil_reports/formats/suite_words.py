"""What a reader of a suite's report must know, said once for every format."""

from hil_reports.neurons import LOIHI_SPIKE_J, LOIHI_SYNOP_J, LOIHI_UPDATE_J
from hil_reports.published import SOURCE
from hil_reports.standings import PAIRS_MIN

NOTES = {
    "grid": (
        "Mean over flights flown to the end, with its 95 % interval (BCa bootstrap over paired seeds). Marked: nobody "
        "is clearly better there (unbeaten). Flights that were cut short are counted beside."
    ),
    "better": (
        "Better means: the 95 % interval of the paired difference excludes zero, of the share flown to the end or, "
        "where that does not tell, of the condition's metric over pairs that both flew to the end, of which "
        f"there must be {PAIRS_MIN}: fewer do not tell. Intervals are of each comparison alone, not corrected for how "
        "many there are. The same metric of the same flights counts once."
    ),
    "paper": (
        f"Ours is simulated, the published figures are of real flights ({SOURCE}), of unpublished number, length and "
        "speed: beside each other, not against each other. Hover: mean horizontal distance. Figure-eight and square: "
        "mean distance, averaged over the suite's trajectories seed by seed."
    ),
    "operations": (
        "Per inference, by NeuroBench's definitions; biases not counted; inputs and dense activations count as never "
        "zero, which makes effective MACs an upper bound. Activation sparsity and accumulations of spiking networks "
        "are those counted in the suite's hover flights; of networks without spikes a sparsity of 0 is assumed."
    ),
    "energy": (
        f"Energy is estimated, not measured: {LOIHI_UPDATE_J * 1e12:g} pJ per neuron update + "
        f"{LOIHI_SPIKE_J * 1e12:g} pJ per spike + {LOIHI_SYNOP_J * 1e12:g} pJ per synaptic operation (Loihi; Davies et "
        "al. 2018). Without fan-out a spike is one operation, with fan-out one per weight that is not zero behind it. "
        "Real inputs, read-out, memory, idle power and spikes between tiles are left out; a network without spikes has "
        "no such estimate."
    ),
    "window": (
        "Window: every step of all flights of the condition, the start included. Dead: spikes in none of them; "
        "saturated: spikes in each."
    ),
}
UNTOLD = {"": "no clear difference", "few": "too few flights to tell", "not flown": "not flown"}  # of a duel, why

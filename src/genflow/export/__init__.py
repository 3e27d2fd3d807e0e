"""Models as files that need neither their code nor their checkpoint."""

from genflow.export.frozen_graph import FrozenGraph
from genflow.export.save_frozen_graph import save_frozen_graph

__all__ = ["FrozenGraph", "save_frozen_graph"]

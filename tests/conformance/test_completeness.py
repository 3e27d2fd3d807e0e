import inspect

import genflow.gan
import genflow.layers
import genflow.networks
from genflow.core import Bijection, Module, Network
from tests.conformance.cases import LAYERS, NETWORKS


def exported_classes(package):
    return {
        getattr(package, name)
        for name in package.__all__
        if inspect.isclass(getattr(package, name))
    }


def test_every_exported_bijection_has_a_case_of_its_own():
    bijections = {c for c in exported_classes(genflow.layers) if issubclass(c, Bijection)}

    assert {type(case.make()) for case in LAYERS} == bijections


def test_every_other_exported_class_of_the_layers_is_part_of_a_case():
    parts = set()
    for case in LAYERS:
        for module in (case.make(),) + case.make().submodules:
            parts.add(type(module))
            parts.add(type(getattr(module, "scale_map", None)))

    assert exported_classes(genflow.layers) <= parts


def test_every_exported_network_has_a_case_of_its_own():
    networks = exported_classes(genflow.networks) | exported_classes(genflow.gan)

    assert all(issubclass(network, Network) for network in networks)
    assert {type(case.make()) for case in NETWORKS} == networks


def test_every_exported_class_of_the_layers_is_known_to_these_tests():
    """Modules and functions of tensors: what `is part of a case` can look for."""
    for exported in exported_classes(genflow.layers):
        assert issubclass(exported, Module) or callable(exported())


def test_names_of_cases_are_unique():
    names = [case.name for case in LAYERS + NETWORKS]

    assert len(set(names)) == len(names)

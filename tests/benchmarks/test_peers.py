"""Peers run elsewhere, see no truth, and fail aloud."""

import sys

import pytest

from peers import PeerEnvironment, PeerError, ask_peer, peer_methods
from protocol import class_split
from table_files import classification_tables


@pytest.fixture
def split():
    return class_split(*classification_tables(None)["iris"](), n_labels=30, cap=2_000, seed=0)


def test_a_peer_that_ends_with_an_error_says_so(split):
    environment = PeerEnvironment(sys.executable, seconds=1)

    with pytest.raises(PeerError, match=r"^(ModuleNotFoundError|KeyError): "):  # not installed, or no such wrapper
        ask_peer("sslearn-nothing", environment, split)


def test_without_an_environment_no_peer_can_run():
    assert not any(method.can_run for method in peer_methods(None).values())

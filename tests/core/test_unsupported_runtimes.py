"""A program that the client cannot work in learns it at once. tests/integrations has the real trio and gevent."""

import pytest
from tests.core.support import config_for

from prefactor_core import PrefactorCoreClient, UnsupportedRuntimeError
from prefactor_local import LocalApi


def test_no_event_loop_of_asyncio(api: LocalApi) -> None:
    client = PrefactorCoreClient(config_for(api))
    with pytest.raises(UnsupportedRuntimeError, match=r"initialize\(\) needs asyncio"):
        client.initialize().send(None)  # as another library's event loop does
    assert client.stats().accepted == 0


def test_a_disabled_client_needs_nothing(api: LocalApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFACTOR_DISABLED", "1")
    with pytest.raises(StopIteration):
        PrefactorCoreClient(config_for(api)).initialize().send(None)

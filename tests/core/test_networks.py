"""The client where TLS fails. tests/http/test_networks.py has the networks themselves."""

from __future__ import annotations

import pytest
from tests.core.support import config_for, record, register, warnings

from prefactor_core import PrefactorCoreClient
from prefactor_http import HttpClientConfig, PrefactorTlsError
from prefactor_local import LocalApi

pytestmark = pytest.mark.anyio


def wrong_scheme(api: LocalApi) -> HttpClientConfig:
    return HttpClientConfig(api.url.replace("http:", "https:"), api.token)


async def test_tls_that_fails_at_the_start(api: LocalApi) -> None:
    client = PrefactorCoreClient(config_for(api, http_config=wrong_scheme(api)))
    with pytest.raises(PrefactorTlsError, match="does not speak TLS at this port: use http://"):  # without a retry
        await client.initialize()


async def test_tls_that_fails_later_is_an_outage(api: LocalApi, caplog: pytest.LogCaptureFixture) -> None:
    config = config_for(api, http_config=wrong_scheme(api), require_api_at_start=False)
    async with PrefactorCoreClient(config) as client:
        await record(await register(client))
        stats = client.stats()
        assert (stats.failed, stats.pending) == (0, stats.accepted)
        await client.close(timeout=0)
    assert any("use http://" in text for text in warnings(caplog))

"""What only a real connection shows: long bodies on both ends, lines that keep open, odd addresses."""

import httpx
import pytest
from litestar import Litestar

from tests.doors.live import serving


@pytest.mark.parametrize("megabytes", [5, 10, 100])
def test_who_sends_too_much_reads_why(app: Litestar, secret: str, megabytes: int) -> None:
    headers = {"x-api-key": secret, "content-type": "application/json"}
    with serving(app) as url, httpx.Client(base_url=url, headers=headers) as client:
        try:
            answered = client.post("/v1/events", content=b"x" * megabytes * 1_000_000)
            assert (answered.status_code, answered.json()["code"]) == (413, "too-much")
        except (httpx.WriteError, httpx.ReadError):
            # Far too much is cut off while it is still being sent.
            assert megabytes == 100
        assert client.get("/healthz").status_code == 200


def test_ids_stand_in_the_address_as_they_were_encoded(app: Litestar, secret: str) -> None:
    with serving(app) as url, httpx.Client(base_url=url, headers={"x-api-key": secret}) as client:
        assert client.put("/v1/items/a%2Fb%20%E8%A7%86%3F", json={}).json()["id"] == "a/b 视?"
        assert client.get("/v1/items/a%2Fb%20%E8%A7%86%3F/similar").json()["item"] == "a/b 视?"

"""The API keeps to its OpenAPI document, whatever it is asked: no defect, and no other answer."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import (
    response_schema_conformance,
    status_code_conformance,
)

from tacan.app.galleries import ServedGalleries
from tacan.app.served import Served
from tacan.app.server import build_app
from tests.app.conftest import make_folder

EXAMPLES = 12


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    """The API of a gallery that was linked, with who may ask for everything."""
    folder = make_folder(tmp_path_factory.mktemp("galleries"), linked=True)
    galleries = ServedGalleries([folder], home=folder.parent)
    served = Served(galleries, hosts=("localhost", "testserver"))
    headers = {"authorization": f"Bearer {served.keys.token}"}
    yield (
        schemathesis.openapi.from_asgi("/api/openapi.json", build_app(served), headers=headers),
        headers,
    )
    served.galleries.close()


def test_all_addresses_are_in_the_document_with_their_faults(document):
    schema, _ = document
    paths = schema.raw_schema["paths"]
    assert len(paths) > 20
    for path, methods in paths.items():
        assert path.startswith("/api/")
        for method, told in methods.items():
            assert told["description"], (method, path)
            assert {"401", "404", "422"} <= set(told["responses"]), (method, path)


@pytest.mark.fuzz
def test_no_request_is_a_defect(document):
    schema, headers = document
    load_all_checks()
    known = {"gallery": "people.gallery", "tracklet": 3, "person": 3, "source": 1}
    n_asked = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        strategy = operation.as_strategy()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy)
        def ask(case):
            nonlocal n_asked
            # What is made up leads nowhere; what is there leads into the functions.
            for name in set(case.path_parameters or {}) & set(known):
                if n_asked % 3:
                    case.path_parameters[name] = known[name]
            n_asked += 1
            answer = case.call(headers=headers)
            assert answer.status_code < 500 or answer.status_code == 507, answer.text
            case.validate_response(
                answer, checks=[response_schema_conformance, status_code_conformance]
            )

        ask()
    assert n_asked > 200

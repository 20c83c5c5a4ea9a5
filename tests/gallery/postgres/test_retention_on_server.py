from __future__ import annotations

import pytest

from tests.gallery import test_retention as SAME_AS

from .conftest import same_tests

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("galleries_on_server")]
globals().update(same_tests(SAME_AS))

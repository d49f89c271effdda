import math

import pytest

from switchboard.errors import NoAnswer
from switchboard.vectors import check_vectors


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_never_reaches_a_caller(value):
    with pytest.raises(NoAnswer, match="test-model returned vectors that hold something other than numbers"):
        check_vectors([[0.5, 1.0], [0.5, value]], texts=2, model="test-model")

import pytest

from genflow.ascend.cann_release import is_before, release_order

BY_AGE = """20.1 20.2 20.3 5.0.1 5.0.2 5.0.2.1 5.0.4 5.1.RC1 5.1.RC2 5.1.0 6.0.RC1 6.0.0 6.0.1
6.3.RC1 6.3.RC2.alpha001 6.3.RC2 7.0.RC1.alpha001 7.0.RC1 7.0.0.alpha003 7.0.0.beta1 7.0.0 8.0.RC3
8.0.0 8.5.0 9.0.0 9.1.0 10.0.0""".split()


def test_releases_are_sorted_by_age():
    assert sorted(reversed(BY_AGE), key=release_order) == BY_AGE
    assert all(is_before(*pair) for pair in zip(BY_AGE, BY_AGE[1:]))
    assert not is_before("7.0", "7.0.0")
    assert not is_before("8.0.RC3", "8.0.rc3")


@pytest.mark.parametrize("release", ["", "9", "nine", "9.0.x", "v9.0.0", "9.0.0 "])
def test_rejects_what_is_no_release(release):
    with pytest.raises(ValueError, match="`cann` must be a release"):
        release_order(release)


@pytest.mark.parametrize("release", [9.0, 9, None, b"9.0.0"])
def test_rejects_what_is_no_text(release):
    with pytest.raises(TypeError, match="`cann` must be text"):
        release_order(release)

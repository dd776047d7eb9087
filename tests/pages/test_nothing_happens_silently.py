"""Every form leads to a page that says what happened: whoever adds a form gives it its sentence, or a reason here."""

import inspect

import pytest

TOLD_BY_ITSELF = {
    "/login": "the page that was wanted, as oneself",
    "/logout": "the first page, as a visitor",
    "/account/second-factor": "the key to take over, the next step",
    "/account/second-factor/proof": "the page that was wanted",
    "/coach/clients/{client}/calls/{id}": "whether the client came, and what follows",
    "/coach/clients/{client}": "the week in which the call stands",
    "/invitations": "the invitation that was made",
}
"""Where what happened is the next page itself."""


def forms() -> dict[str, str]:
    """Each form's path, and the code of its handler."""
    import app  # noqa: F401
    from chalicelib.web import ENDPOINTS

    return {one.path: inspect.getsource(one.handler) for one in ENDPOINTS if one.html and one.method == "POST"}


def test_every_form_says_what_it_did() -> None:
    words = ("done=", "lead_to(", "shown_once(", "told(")
    silent = {path for path, code in forms().items() if not any(word in code for word in words)}
    assert silent - TOLD_BY_ITSELF.keys() == set()


@pytest.mark.parametrize("path", sorted(TOLD_BY_ITSELF))
def test_what_is_excused_is_there(path: str) -> None:
    assert path in forms()

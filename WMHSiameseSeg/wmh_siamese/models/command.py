"""``wmh-siamese models``: the bundled models, the default first."""

from __future__ import annotations

import argparse

from wmh_siamese.errors import WMHError
from wmh_siamese.models.card_summary import card_summary
from wmh_siamese.models.model_file import bundled_models, read_card
from wmh_siamese.terminal.output import DONE, refuse, tell_json, tell_lines


def run(options: argparse.Namespace) -> int:
    """List the bundled models; one that cannot be read does not hide the others."""
    codes = {DONE}
    for path in bundled_models():
        try:
            card = read_card(path)
        except WMHError as error:
            codes.add(refuse(error, path))
            continue
        if options.json:
            tell_json({"file": str(path), **vars(card)})
        else:
            tell_lines(card_summary(path, card))
    return max(codes)
